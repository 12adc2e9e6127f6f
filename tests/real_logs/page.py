"""The text of docs/real-logs.md: a pure function of receipts, endings and accounts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.receipts import Outcome
from distill.report.markdown import table
from tests.real_logs.accounting import EXPLAINED, Account, Loss, account
from tests.real_logs.aider import AiderTruth, read_truth
from tests.real_logs.configuration import configuration
from tests.real_logs.endings import Endings, read_endings
from tests.real_logs.independent import Run, read_runs
from tests.real_logs.langfuse import Trace, read_traces, stated_traces
from tests.real_logs.lessons import lessons
from tests.workspaces import counts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "real-logs.md"

_OPENING = """\
# Public logs, accounted for to the last pair

Public sets of agents' runs in one workspace, and where each of their runs and pairs went. This page
is written by

    python -m tests.real_logs.write_page LOGS

from the root of the repository, LOGS being the folder that holds the sets; a test writes it again
and compares it byte by byte. It holds numbers alone, nothing of the logs' texts.

Three readers count: **stated** are the counts in each folder's SOURCE.md, made by somebody else's
program; **raw** those of `tests/real_logs/independent.py`, which reads the files with `json` and
`gzip` and imports nothing of Distill; **evidence** those of what `build_evidence_index` wrote, by
task keys and output digests. A pair is a full and a zero verdict within one task, both with an
output.
"""
_WHY_TRAIN = """\
## The configuration

All but the last are **benchmarks**: tau-bench, HumanEval and MBPP (reflexion), the test set of GSM8K,
SWE-bench Lite. They are set to `role = "train"` here, and only here, because an evaluation source
exports no SFT and no preference row, and there would be nothing to account for. In a workspace that
trains a model, set a benchmark to `role = "evaluation"` (its runs are then `category_disallowed` in
SFT and preference) or keep it out: a model trained on it can't be measured with it.
"""
_STAGES = """\
## The stages, by source

From the receipts, the exports and the quarantine files of one run.
"""

Cells = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Facts:
    """All that the page tells."""

    outcomes: Mapping[str, Outcome]
    endings: Endings
    accounts: Sequence[Account]
    raw: Mapping[str, Sequence[Run]]
    aider: AiderTruth
    traces: Sequence[Trace]
    stated_traces: int


def read_facts(root: Path, logs: Path, outcomes: Mapping[str, Outcome]) -> Facts:
    """Return the facts of a workspace that has run over the logs."""
    endings = read_endings(root)
    accounts = account(logs, endings)
    raw = {each.name: read_runs(logs, each.name) for each in accounts}
    traces = read_traces(logs)
    truth = read_truth(logs)
    return Facts(outcomes, endings, accounts, raw, truth, traces, stated_traces(logs))


def render(facts: Facts) -> str:
    """Return the page. Law: the same facts give the same bytes."""
    parts = [_OPENING, _WHY_TRAIN, "```toml"]
    parts += [configuration("/path/to/LOGS").rstrip(), "```", "", _STAGES]
    parts += _stages(facts)
    for each in facts.accounts:
        parts += _dataset(each)
    parts += ["## What to read in it", ""]
    parts += lessons(facts.accounts, facts.raw, facts.endings, facts.aider, facts.traces)
    return "\n".join(parts) + "\n"


def _stages(facts: Facts) -> Iterator[str]:
    endings, outcomes = facts.endings, facts.outcomes
    names = ("files", "records", "runs", "verdicts", "verdicts_attached", "quarantined")
    yield from _crossed("build_evidence_index", _by_source(outcomes["build_evidence_index"], names))
    categories = ("scored", "accepted", "partially_accepted", "rejected", "needs_human_review")
    yield from _crossed("score_runs", _by_source(outcomes["score_runs"], categories))
    yield from _origins(outcomes["score_runs"])
    source_of = {end.run_id: end.source for end in endings.runs.values()}
    for stage, ends in (("export_rag", endings.rag), ("export_sft", endings.sft)):
        yield from _crossed(stage, _ended((source_of[run], end) for run, end in ends.items()))
    pairs = ((source_of[chosen], end) for (chosen, _), end in endings.pairs.items())
    yield from _crossed("export_preference", _ended(pairs))
    yield "A pair stands under the source of its chosen run; SWE-bench's two sources share tasks."
    yield ""


def _by_source(outcome: Outcome, names: Sequence[str]) -> Cells:
    found = outcome.receipt.claim.counts["by_source"]
    assert not isinstance(found, int)
    cells: Counter[tuple[str, str]] = Counter()
    for source, members in found.items():
        assert not isinstance(members, int)
        cells.update({(source, name): members[name] for name in names})
    return cells


def _ended(ends: Iterable[tuple[str, str]]) -> Cells:
    """Return read, exported, and quarantined by reason, of pairs (source, end)."""
    found = Counter(ends)
    sources = sorted({source for source, _ in found})
    reasons = sorted({end for _, end in found} - {"exported"})
    cells: dict[tuple[str, str], int] = {}
    for source in sources:
        cells[source, "read"] = sum(number for key, number in found.items() if key[0] == source)
        for end in ("exported", *reasons):
            cells[source, end] = found[source, end]
    return cells


def _crossed(title: str, cells: Cells) -> Iterator[str]:
    """Yield a table of sources by counts, with the sum of each column."""
    columns = list(dict.fromkeys(column for _, column in cells))
    sources = sorted({source for source, _ in cells})
    rows: list[tuple[object, ...]] = [
        (source, *(cells[source, column] for column in columns)) for source in sources
    ]
    sums = (sum(cells[source, column] for source in sources) for column in columns)
    rows.append(("**all**", *sums))
    yield f"### {title}"
    yield ""
    yield from table(("source", *columns), rows)
    yield ""


def _origins(outcome: Outcome) -> Iterator[str]:
    rows = [
        (origin, number, counts(outcome, "by_deciding_origin").get(origin, 0))
        for origin, number in counts(outcome, "by_verdict_origin").items()
    ]
    yield from table(("verdict origin", "verdicts", "runs that it decided"), rows)
    yield ""
    yield from table(("rule that decided", "runs"), counts(outcome, "by_rule").items())
    yield ""


def _dataset(each: Account) -> Iterator[str]:
    yield f"## {each.name}"
    yield ""
    if each.stated:
        yield from _three_counts(each)
    yield "From verdict to category:"
    yield ""
    categories = sorted(each.categories.items())
    yield from table(
        ("verdict", "category", "runs"), [(*sides, number) for sides, number in categories]
    )
    yield ""
    if each.derived["pairs_full_x_zero"]:
        yield from _pairs(each)
    if each.partial_fates:
        total = each.partial_fates.total()
        yield "A task without a rejected run gives pairs of full over partial:"
        yield ""
        fates = [*sorted(each.partial_fates.items()), ("**sum**", total)]
        yield from table(("end", "pairs"), fates)
        yield ""
    yield "In `export_preference` the runs are:"
    yield ""
    runs = [*sorted(each.runs.items()), ("**sum**", sum(each.runs.values()))]
    yield from table(("paired, or unpaired by cause", "runs"), runs)
    yield ""


def _three_counts(each: Account) -> Iterator[str]:
    yield from table(
        ("count", "stated", "raw", "evidence"),
        [
            (f"`{name}`", *(_plain(reader.get(name, "none")) for reader in each.readers))
            for name in each.derived
        ],
    )
    yield ""
    for (dataset, name), why in EXPLAINED.items():
        if dataset == each.name:
            yield f"`{name}` differs: {why}."
            yield ""


def _pairs(each: Account) -> Iterator[str]:
    yield f"Where the {each.derived['pairs_full_x_zero']} pairs ended:"
    yield ""
    fates = [*each.fates.items(), ("**sum**", sum(each.fates.values()))]
    yield from table(("end", "pairs"), fates)
    if each.blank_pairs:
        yield ""
        yield (
            f"Besides these, {each.blank_pairs} pairs have a side without an output"
            " (`empty_content`): the counts above leave them out."
        )
    yield ""
    yield "From the capped counts to what was exported:"
    for losses in (each.capped, each.distinct):
        yield ""
        yield from table(("", "pairs"), _signed(losses))
    yield ""


def _signed(losses: Sequence[Loss]) -> Iterator[tuple[str, object]]:
    (start, total), *taken, (end, left) = losses
    yield start, total
    yield from taken
    yield f"**= {end}**", left


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in sorted(value.items()))
    return str(value)
