"""Which pairs of a task are looked at, in which order, and what becomes of the other runs.

The order is fixed by the run ids alone. Chosen and rejected runs each stand sorted by run id; pairs
are taken along diagonals, so that the first ones share as few runs as can be. Pairs are counted by
arithmetic and made one at a time: a task of a thousand runs never makes a million of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from distill.exports.settings import MAX_EXAMINED_PER_TASK, PreferenceSettings
from distill.firewall.finding import Refusal
from distill.records.samples import PreferenceSample
from distill.records.scored import ScoredRun
from distill.records.taxonomy import Category

Pair = tuple[ScoredRun, ScoredRun]
Admit = Callable[[ScoredRun, ScoredRun], PreferenceSample | Refusal]


class Unpaired(StrEnum):
    """Why a run is in no examined pair."""

    NEEDS_HUMAN_REVIEW = "needs_human_review"
    EMPTY_CONTENT = "empty_content"
    REPEATED_TEXT = "repeated_text"
    PARTIAL_NOT_NEEDED = "partial_not_needed"
    NO_PARTNER = "no_partner"
    OVER_CAP = "over_cap"


@dataclass(frozen=True, slots=True)
class Examined:
    """One pair that was looked at, and its row or refusal."""

    chosen: ScoredRun
    rejected: ScoredRun
    result: PreferenceSample | Refusal


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """Candidate pairs of a task or subject: each of `chosen` with each of `rejected`.

    With `is_across` only pairs across sources and tasks count. `unpaired` holds the runs that are
    no candidates, with the cause.
    """

    chosen: tuple[ScoredRun, ...]
    rejected: tuple[ScoredRun, ...]
    unpaired: tuple[tuple[ScoredRun, Unpaired], ...]
    is_across: bool = False

    @property
    def candidates(self) -> int:
        """How many candidate pairs there are, without making them."""
        total = len(self.chosen) * len(self.rejected)
        return total - _not_across(self.chosen, self.rejected) if self.is_across else total

    def pairs(self) -> Iterator[Pair]:
        """Yield the candidate pairs, chosen first, in the documented order."""
        for chosen, rejected in _diagonals(self.chosen, self.rejected):
            if not self.is_across or _is_across(chosen, rejected):
                yield chosen, rejected


def plan_task(runs: Sequence[ScoredRun]) -> TaskPlan:
    """Return the candidate pairs among the runs of one task.

    Law: every run is in `chosen`, in `rejected` or in `unpaired`, once; the order of `runs` does
    not matter.
    """
    return _plan(runs, is_across=False)


def plan_subject(runs: Sequence[ScoredRun]) -> TaskPlan:
    """Return the candidate pairs among the runs of one subject that lie across sources and tasks.

    Law: as `plan_task`.
    """
    return _plan(runs, is_across=True)


def _plan(runs: Sequence[ScoredRun], *, is_across: bool) -> TaskPlan:
    kept, unpaired = _distinct(runs)
    accepted = kept[Category.ACCEPTED]
    partial, rejected = kept[Category.PARTIALLY_ACCEPTED], kept[Category.REJECTED]
    first = TaskPlan(accepted, rejected, (), is_across)
    if first.candidates or not partial:
        unpaired += [(run, Unpaired.PARTIAL_NOT_NEEDED) for run in partial]
        plan = first
    else:
        unpaired += [(run, Unpaired.NO_PARTNER) for run in rejected]
        plan = TaskPlan(accepted, partial, (), is_across)
    if not plan.candidates:
        unpaired += [(run, Unpaired.NO_PARTNER) for run in (*plan.chosen, *plan.rejected)]
        return TaskPlan((), (), tuple(unpaired), is_across)
    return TaskPlan(plan.chosen, plan.rejected, tuple(unpaired), is_across)


def _distinct(
    runs: Sequence[ScoredRun],
) -> tuple[dict[Category, tuple[ScoredRun, ...]], list[tuple[ScoredRun, Unpaired]]]:
    """Keep, of the runs of one category and one output, that with the smallest id."""
    kept: dict[Category, list[ScoredRun]] = {category: [] for category in Category}
    unpaired: list[tuple[ScoredRun, Unpaired]] = []
    seen: set[tuple[object, ...]] = set()
    for run in sorted(runs, key=lambda run: (run.run_id, run.source, run.evidence.start)):
        if run.category is Category.NEEDS_HUMAN_REVIEW:
            unpaired.append((run, Unpaired.NEEDS_HUMAN_REVIEW))
        elif run.output_digest is None:
            unpaired.append((run, Unpaired.EMPTY_CONTENT))
        elif (text := _text_key(run)) in seen:
            unpaired.append((run, Unpaired.REPEATED_TEXT))
        else:
            seen.add(text)
            kept[run.category].append(run)
    return {category: tuple(members) for category, members in kept.items()}, unpaired


def _text_key(run: ScoredRun) -> tuple[object, ...]:
    """Return what runs of one text agree in; one that a gate refuses stands for no other."""
    is_judged = run.instrument_failure is None
    return (run.category, run.task.key, run.output_digest, run.role, is_judged)


def _diagonals(chosen: Sequence[ScoredRun], rejected: Sequence[ScoredRun]) -> Iterator[Pair]:
    """Yield each pair once: the longer side in order, the shorter going round, shifted by one."""
    few, many = sorted((len(chosen), len(rejected)))
    for shift in range(few):
        for place in range(many):
            other = (place + shift) % few
            is_many_chosen = len(chosen) > len(rejected)
            yield (
                chosen[place if is_many_chosen else other],
                rejected[other if is_many_chosen else place],
            )


def _is_across(one: ScoredRun, other: ScoredRun) -> bool:
    return one.source != other.source and one.task.key != other.task.key


def _not_across(chosen: Sequence[ScoredRun], rejected: Sequence[ScoredRun]) -> int:
    """Return how many pairs share source or task: those of either, less those of both."""
    sources = Counter(run.source for run in rejected)
    tasks = Counter(run.task.key for run in rejected)
    both = Counter((run.source, run.task.key) for run in rejected)
    return sum(
        sources[run.source] + tasks[run.task.key] - both[run.source, run.task.key] for run in chosen
    )


@dataclass
class TaskPairing:
    """Drives one plan: pairs are examined until `max_pairs_per_task` of them pass.

    After `examine` has ended: `over_cap` pairs were left unexamined, and `unpaired` are the runs in
    no examined pair. Law: candidates = examined + over_cap.
    """

    plan: TaskPlan
    settings: PreferenceSettings
    examined: int = 0
    exported: int = 0
    _paired: set[str] = field(default_factory=set)

    def examine(self, admit: Admit) -> Iterator[Examined]:
        """Yield each pair that is looked at with what `admit` makes of it."""
        for chosen, rejected in islice(self.plan.pairs(), MAX_EXAMINED_PER_TASK):
            if self.exported >= self.settings.max_pairs_per_task:
                return
            result = admit(chosen, rejected)
            self.examined += 1
            self.exported += not isinstance(result, Refusal)
            self._paired.update((chosen.run_id, rejected.run_id))
            yield Examined(chosen, rejected, result)

    @property
    def over_cap(self) -> int:
        """How many candidate pairs were left unexamined."""
        return self.plan.candidates - self.examined

    @property
    def paired_run_ids(self) -> frozenset[str]:
        """The runs in an examined pair."""
        return frozenset(self._paired)

    @property
    def unpaired(self) -> Iterator[tuple[ScoredRun, Unpaired]]:
        """The runs in no examined pair, each once, with the cause."""
        yield from self.plan.unpaired
        for run in (*self.plan.chosen, *self.plan.rejected):
            if run.run_id not in self._paired:
                yield run, Unpaired.OVER_CAP
