"""Writes docs/real-logs.md: `python -m tests.real_logs.page LOGS` from the repository's root."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from distill.receipts import Outcome
from distill.report.markdown import table
from tests.real_logs.accounting import Dataset, account
from tests.real_logs.configuration import configuration
from tests.workspaces import counts, make_workspace, run_all

PAGE = Path(__file__).resolve().parents[2] / "docs" / "real-logs.md"

_OPENING = """\
# What it does on public logs

Four public sets of agents' runs in one workspace, counted beside an independent reader's counts. This page is written by `python -m tests.real_logs.page LOGS` (LOGS: the folder that holds the four), and a test compares it.
"""
_READING = """\
## What to read in it

- **tau-bench.** Its simulated user words each trial's opening differently, so no two trials of a task share a prompt up to an assistant's turn: all of its pairs are `invalid_preference_pairing`. Training on them would teach the difference between two users, not between two agents.
- **reflexion.** One output is accepted in one file and rejected in another; whose harness is right nobody can say from the logs, so every run of such an output needs review, and the pairs that it was part of are gone. The same code comes back in many settings: a pair of texts counts once.
- **gsm8k.** One row holds four runs. It is a test set: see the first lines of the configuration.
- **SWE-bench.** Predictions hold no prompt. Without a task table they make no SFT and no preference row and say `empty_content`; their patches do go to RAG. Rows whose patch is null or blank have no output, and no pair.
"""


def render(outcomes: Mapping[str, Outcome], datasets: Sequence[Dataset]) -> str:
    """Return the page."""
    parts = [_OPENING, "## The configuration", "", "```toml"]
    parts += [configuration("/path/to/LOGS").rstrip(), "```", ""]
    for dataset in datasets:
        parts += [*_dataset(dataset), ""]
    parts += [*_stages(outcomes), "", _READING.rstrip()]
    return "\n".join(parts) + "\n"


def _dataset(dataset: Dataset) -> Iterator[str]:
    yield f"## {dataset.name}"
    yield ""
    rows = [
        (name, _plain(dataset.independent[name]), _plain(n)) for name, n in dataset.ours.items()
    ]
    yield from table(("count", "independent", "ours"), rows)
    yield ""
    yield "Where the pairs of a full and a zero run went:"
    yield ""
    fates = [*dataset.fates.items(), ("**sum**", sum(dataset.fates.values()))]
    yield from table(("", "pairs"), fates)
    yield ""
    yield f"Besides these, {dataset.blank_pairs} pairs have a side without any output."


def _stages(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    yield "## The stages"
    for name, outcome in outcomes.items():
        yield ""
        yield f"### {name}"
        yield ""
        yield from table(("", "count"), counts(outcome).items())
        for group in ("by_rule", "by_reason", "by_unpaired_cause", "pairs"):
            found = counts(outcome, group)
            if found:
                yield ""
                yield from table((group.replace("_", " "), "count"), found.items())


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in sorted(value.items()))
    return str(value)


def write_page(logs: Path, root: Path) -> str:
    """Run the workspace in `root` and return the page."""
    outcomes = run_all(make_workspace(root, configuration(str(logs)), {}))
    return render(outcomes, account(root, logs))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(write_page(Path(sys.argv[1]).resolve(), Path(folder)), encoding="utf-8")
