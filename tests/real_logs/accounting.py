"""Follows every full-zero pair and every run of the raw logs to where Distill left it.

The pairs come from the independent reader; a run is found in the workspace by its place in the log.
What a pair's end must be is worked out here from texts and verdicts, never by what is left over: a
pair that no rule explains is `UNACCOUNTED`, and the tests let none be.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from tests.real_logs.endings import Ended, Endings
from tests.real_logs.independent import (
    CAP,
    DATASETS,
    Pair,
    Run,
    capped,
    derived_counts,
    pairs_by_task,
    read_runs,
    spoken,
    stated_counts,
)

EXPORTED = "exported"
QUARANTINED = "quarantined: "
ONE_TEXT = "both put out the same text, so both need review (`same_output_opposite_verdicts`)"
JUDGED_BOTH_WAYS = "the text of a side was also judged the other way, so that side needs review"
REPEATED = "a side's text is another run's too, and that run stands for it (`repeated_text`)"
OVER_CAP = "the task has its five already (`over_cap`)"
UNACCOUNTED = "UNACCOUNTED"

_REVIEW = frozenset((ONE_TEXT, JUDGED_BOTH_WAYS))

_SAID = {True: "full", False: "zero", None: "none"}

#: Where the other reader counted something else than is counted here, and why.
EXPLAINED: Mapping[tuple[str, str], str] = {
    ("intercode", "runs_without_output"): (
        "the other reader looks for `turn_history`, which the 15 runs of people do not have: their"
        " actions stand in `trajectory`"
    ),
    ("intercode", "bare_ids_shared_by_different_prompts"): (
        "the other reader has no bare id for the 15 runs of people, whose number is `query_idx`"
    ),
    ("intercode", "distinct_text_pairs_capped_5"): (
        "the other reader compares actions alone; here what the actions led to belongs to the"
        " text, and in one task two runs did the same and saw something else"
    ),
}

Loss = tuple[str, int]


@dataclass(frozen=True)
class Account:
    """One dataset: three readers' counts, and where its pairs and runs ended.

    `stated` are SOURCE.md's counts (empty where it has none), `derived` ours of the raw files, `ours` those of the evidence,
    under the same names. `fates` says where each pair of two outputs ended, `blank_pairs` how many
    have a side without any. `capped` and `distinct` start from a capped count of SOURCE.md and
    list what takes pairs away. `categories` counts (verdict, category), `runs` each run as paired,
    or by why not. `partial_fates` is as `fates`, of the pairs of a full and a partial run in tasks
    without a rejected one.
    """

    name: str
    stated: Mapping[str, Any]
    derived: Mapping[str, Any]
    ours: Mapping[str, Any]
    fates: Counter[str]
    blank_pairs: int
    capped: Sequence[Loss]
    distinct: Sequence[Loss]
    categories: Mapping[tuple[str, str], int]
    runs: Counter[str]
    partial_fates: Counter[str]

    @property
    def expected(self) -> Mapping[str, Any]:
        """The stated counts; ours of the raw files where SOURCE.md states none, or `EXPLAINED`."""
        if not self.stated:
            return self.derived
        explained = [name for dataset, name in EXPLAINED if dataset == self.name]
        return {**self.stated, **{name: self.derived[name] for name in explained}}

    @property
    def readers(self) -> tuple[Mapping[str, Any], ...]:
        """The counts of the three readers, under the names of `derived`."""
        return (self.stated, self.derived, self.ours)


def account(logs: Path, endings: Endings) -> list[Account]:
    """Return the account of each dataset, in the order of `DATASETS`."""
    return [_account(name, logs, endings) for name in DATASETS]


def _account(name: str, logs: Path, endings: Endings) -> Account:
    raw = read_runs(logs, name)
    follower = _Follower(raw, endings)
    every = pairs_by_task(raw)
    tasks = [[(pair, follower.fate(pair)) for pair in spoken(pairs)] for pairs in every]
    fates = Counter(fate for task in tasks for _, fate in task)
    return Account(
        name=name,
        stated=stated_counts(logs / DATASETS[name][0]),
        derived=derived_counts(raw),
        ours=derived_counts([e.evidence for e in endings.runs.values() if e.dataset == name]),
        fates=Counter(dict(sorted(fates.items()))),
        blank_pairs=sum(map(len, every)) - fates.total(),
        capped=_losses_of_pairs(tasks),
        distinct=_losses_of_texts(tasks),
        categories=Counter((_said(run), follower.end_of(run).category) for run in raw),
        runs=Counter(follower.cause(run) for run in raw),
        partial_fates=Counter(map(follower.fate, follower.partial_pairs(raw))),
    )


def _said(run: Run) -> str:
    return "partial" if run.is_partial else _SAID[run.is_full]


class _Follower:
    """Knows of each raw run where it ended, and which run stands for its text."""

    def __init__(self, raw: Sequence[Run], endings: Endings) -> None:
        self._endings = endings
        task_of = {self.end_of(run).run_id: run.task for run in raw}
        pairs = {pair: end for pair, end in endings.pairs.items() if pair[0] in task_of}
        self._exported = Counter(task_of[pair[0]] for pair, end in pairs.items() if end == EXPORTED)
        self._paired = {run_id for pair in pairs for run_id in pair}
        self._first: dict[tuple[str, str, str], str] = {}
        self._spoken: defaultdict[str, set[str]] = defaultdict(set)
        for run in raw:
            end, key = self.end_of(run), self._text_key(run)
            self._first[key] = min(end.run_id, self._first.get(key, end.run_id))
            if run.text:
                self._spoken[run.task].add(end.category)

    def end_of(self, run: Run) -> Ended:
        """Return the run as the workspace has it."""
        return self._endings.runs[run.place]

    def fate(self, pair: Pair) -> str:
        """Return where a pair with two outputs ended."""
        ids = (self.end_of(pair[0]).run_id, self.end_of(pair[1]).run_id)
        end = self._endings.pairs.get(ids)
        if end is not None:
            return end if end == EXPORTED else QUARANTINED + end
        if any(map(self._needs_review, pair)):
            return ONE_TEXT if pair[0].text == pair[1].text else JUDGED_BOTH_WAYS
        if not all(map(self._stands_for_its_text, pair)):
            return REPEATED
        return OVER_CAP if self._exported[pair[0].task] == CAP else UNACCOUNTED

    def partial_pairs(self, raw: Sequence[Run]) -> list[Pair]:
        """Return the pairs of a full and a partial run, in tasks where nothing was rejected."""
        tasks: defaultdict[str, tuple[list[Run], list[Run]]] = defaultdict(lambda: ([], []))
        for run in raw:
            is_side = run.is_full or run.is_partial
            if is_side and run.text and "rejected" not in self._spoken[run.task]:
                tasks[run.task][run.is_partial].append(run)
        return [pair for sides in tasks.values() for pair in product(*sides)]

    def cause(self, run: Run) -> str:
        """Return "paired", or the cause for which the run must be in no examined pair."""
        end = self.end_of(run)
        if self._needs_review(run):
            return "needs_human_review"
        if not run.text:
            return "empty_content"
        if not self._stands_for_its_text(run):
            return "repeated_text"
        said = self._spoken[run.task]
        has_rejected = {"accepted", "rejected"} <= said
        if run.is_partial and has_rejected:
            return "partial_not_needed"
        if not has_rejected and ("accepted" not in said or "partially_accepted" not in said):
            return "no_partner"
        return "paired" if end.run_id in self._paired else "over_cap"

    def _needs_review(self, run: Run) -> bool:
        return self.end_of(run).category == "needs_human_review"

    def _stands_for_its_text(self, run: Run) -> bool:
        return self._first[self._text_key(run)] == self.end_of(run).run_id

    def _text_key(self, run: Run) -> tuple[str, str, str]:
        return (run.task, self.end_of(run).category, run.text)


Task = Sequence[tuple[Pair, str]]


def _losses_of_pairs(tasks: Sequence[Task]) -> list[Loss]:
    """Return the capped pairs, and how many of them each cause takes, one after the other."""
    stages = [
        tasks,
        after_review := [_without_review(task) for task in tasks],
        distinct := [[row for row in task if row[1] != REPEATED] for task in after_review],
        [_without_quarantine(task) for task in distinct],
    ]
    names = ("a side needs review", "repeated texts", "quarantined")
    return _losses("`pairs_capped_5_per_task`", names, [capped(stage) for stage in stages])


def _losses_of_texts(tasks: Sequence[Task]) -> list[Loss]:
    """Return the capped pairs of distinct texts, and how many of them each cause takes."""
    after_review = [_without_review(task) for task in tasks]
    stages = [tasks, after_review, [_without_quarantine(task) for task in after_review]]
    totals = [capped(_distinct_texts(task) for task in stage) for stage in stages]
    return _losses("`distinct_text_pairs_capped_5`", ("a side needs review", "quarantined"), totals)


def _losses(start: str, names: Sequence[str], totals: Sequence[int]) -> list[Loss]:
    taken = [after - before for before, after in pairwise(totals)]
    return [(start, totals[0]), *zip(names, taken, strict=True), (EXPORTED, totals[-1])]


def _without_review(task: Task) -> Task:
    return [row for row in task if row[1] not in _REVIEW]


def _without_quarantine(task: Task) -> Task:
    return [row for row in task if not row[1].startswith(QUARANTINED)]


def _distinct_texts(task: Task) -> set[tuple[str, str]]:
    return {(full.text, zero.text) for (full, zero), _ in task if full.text != zero.text}
