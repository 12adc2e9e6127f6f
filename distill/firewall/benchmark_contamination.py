"""Gate: no run is on, or holds, an item of a benchmark list that the user points to.

An item is known by its task id, by its commit, or by its words: the share of the 13-grams or
8-grams of its prompt or answer that stands in the run's texts, wherever. The observer leaves the
largest shares; the settings say which are too large.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.looking import seen
from distill.firewall.observation import observation_of
from distill.records.evidence import Observation
from distill.records.message import first_turn
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

if TYPE_CHECKING:
    from distill.firewall.benchmark_index import BenchmarkIndex
    from distill.firewall.words import Hashes

NAME: Final = "benchmark_contamination"
VERSION: Final = 1

#: Smaller shares are not told, in per mille: no setting may ask for less.
LEAST_SHARE: Final = 50

_COMMIT: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{40}(?![0-9A-Za-z])")
_ABBREVIATED: Final = 7
_IDS: Final = ("task_id", "commit")
_MEASURES: Final = ("prompt_13", "prompt_8", "answer_13", "answer_8")


def observe(texts: RunTexts, benchmarks: "Sequence[BenchmarkIndex]" = ()) -> Observation | None:
    """Tell the items that the run's task is, and the largest shares of any item that it holds."""
    if not benchmarks:
        return None
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for index in benchmarks:
        for by, item in _named(texts, index):
            names.setdefault(by, f"{index.name}: {item}")
    for measure, (name, share) in sorted(_shares(texts, benchmarks).items()):
        names[measure], numbers[measure] = name, share
    return Observation(version=VERSION, numbers=numbers, names=names) if names else None


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no item is named, and no share of any is as large as the settings say."""
    chosen = settings.firewall.benchmark_contamination
    told = observation_of(candidate, NAME, QuarantineReason.BENCHMARK_CONTAMINATION)
    if told is None:
        return None
    for by in _IDS:
        if by in told.names:
            return _finding(
                by, told.names[by], settings, f"its {by.replace('_', ' ')} is the run's"
            )
    bounds = {"13": chosen.min_covered_13, "8": chosen.min_covered_8}
    for measure in _MEASURES:
        share = told.numbers.get(measure, 0)
        part, _, length = measure.partition("_")
        if share >= 10 * bounds[length]:
            what = (
                f"{share / 10:.1f} % of the {length}-word sequences of its {part} stand in the run"
            )
            return _finding(f"words_{length}", told.names[measure], settings, what)
    return None


def _finding(rule: str, named: str, settings: GateSettings, what: str) -> Finding:
    name, _, item = named.partition(": ")
    listed = settings.firewall.benchmark_contamination.lists.get(name)
    version = "" if listed is None else f" version {listed.version}"
    detail = f"item {item} of {name}{version}: {what}"
    return Finding(QuarantineReason.BENCHMARK_CONTAMINATION, rule, detail)


def _named(texts: RunTexts, index: "BenchmarkIndex") -> Iterator[tuple[str, str]]:
    """Yield what names an item: the run's task id, its commit, or a commit in its prompt."""
    task = texts.task_id
    if task is not None:
        ids = {task, *(task[place + 1 :] for place, one in enumerate(task) if one == "/")}
        yield from (("task_id", one) for one in sorted(ids & index.ids))
    if not index.commits:
        return
    for commit in (texts.commit or "", *_COMMIT.findall(_prompt(texts))):
        item = index.commits.get(commit.lower())
        if item is not None:
            yield "commit", item.id
    if texts.repository and texts.commit and len(texts.commit) >= _ABBREVIATED:
        for commit, item in index.commits.items():
            if commit.startswith(texts.commit.lower()) and _is_one(
                item.repository, texts.repository
            ):
                yield "commit", item.id


def _is_one(repository: str | None, other: str) -> bool:
    """Say whether two names or addresses end in the same owner and name."""
    ends = [one.lower().removesuffix(".git").split("/")[-2:] for one in (repository or "", other)]
    return ends[0] == ends[1] and bool(repository)


def _prompt(texts: RunTexts) -> str:
    messages = texts.messages or ()
    given = messages[: first_turn(messages)]
    return "\n".join(message.content for message in given if message.content)


def _shares(texts: RunTexts, benchmarks: "Sequence[BenchmarkIndex]") -> dict[str, tuple[str, int]]:
    """Return by measure the item of any list that is covered most, and its share in per mille."""
    best: dict[str, tuple[str, int]] = {}
    for index in benchmarks:
        if not seen(texts, _Covering(index)):
            continue
        for found in index.coverage(_whole(texts), seen(texts, _words)):
            measure = f"{found.part}_{found.length}"
            if found.share >= LEAST_SHARE and found.share > best.get(measure, ("", 0))[1]:
                best[measure] = (f"{index.name}: {found.item}", found.share)
    return best


@dataclass(frozen=True)
class _Covering:
    """Looks whether runs may hold a part of any item of a list."""

    index: "BenchmarkIndex"

    def __call__(self, runs: Sequence[RunTexts]) -> list[bool]:
        return self.index.may_cover([seen(run, _words) for run in runs])


def _words(runs: Sequence[RunTexts]) -> "list[Hashes]":
    from distill.firewall.words import hashes_of_all  # noqa: PLC0415 - brings numpy

    return hashes_of_all([_whole(run) for run in runs])


def _whole(texts: RunTexts) -> str:
    """Return all texts as one: an item that was cut into pieces, a line each, is whole again."""
    return "\n".join(texts.strings)
