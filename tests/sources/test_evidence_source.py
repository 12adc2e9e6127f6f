"""The project's own format: what a line must and may hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from distill.records.taxonomy import QuarantineReason, VerdictOutcome
from distill.sources.evidence import Evidence, RunRow
from distill.sources.protocol import RecordError, RunDraft

PAGE = Path(__file__).parents[2] / "docs" / "evidence-format.md"
LINE = {"run_id": "r1", "messages": [{"role": "user", "content": "?"}]}


def read(row: dict[str, Any]) -> RunDraft:
    """Return the line's run."""
    (found,) = Evidence.from_settings({}).answer([row], path="runs.jsonl")
    assert isinstance(found, RunDraft)
    return found


def test_the_example_in_the_docs() -> None:
    """The line that the page shows is read, and says what the page says."""
    (line,) = re.findall(r"```json\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    found = read(json.loads(line))
    assert (found.logged_run_id, found.task_id) == ("support-17", "refund-late-parcel")
    assert found.verdicts[0].outcome is VerdictOutcome.ACCEPTED


def test_the_docs_list_every_field() -> None:
    """The table of fields is the model's, in its order."""
    fields = re.findall(r"^\| `(\w+)` \| (?:optional|required|or)", PAGE.read_text(), re.MULTILINE)
    assert set(fields) == set(RunRow.model_fields)
    assert len(fields) == len(RunRow.model_fields)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (True, "accepted"),
        (False, "rejected"),
        ("rejected", "rejected"),
        (0.4, None),
        ("False", "unreadable"),
        (None, "unreadable"),
        ([], "unreadable"),
    ],
)
def test_outcomes_that_are_left_out(value: Any, outcome: str | None) -> None:
    """Booleans and outcome names speak for themselves, a number waits for the policy."""
    verdict = {"name": "v", "value": value, "origin": "test_harness"}
    (found,) = read(LINE | {"verdicts": [verdict]}).verdicts
    assert found.outcome == (None if outcome is None else VerdictOutcome(outcome))


@pytest.mark.parametrize("run_id", [None, "", " ", [], True])
def test_missing_run_id(run_id: Any) -> None:
    """A line without a usable run id is quarantined for just that."""
    with pytest.raises(RecordError) as caught:
        read(LINE | {"run_id": run_id})
    assert caught.value.reason is QuarantineReason.MISSING_SOURCE_RUN_ID


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "distill.run/2"},
        {"format": "distill.evidence/1"},
        {"promt": "x"},
        {"verdicts": [{"name": "v", "value": 1, "origin": "my_mood"}]},
        {"messages": [{"role": "narrator", "content": "x"}]},
        {"text": 7},
    ],
)
def test_refused_lines(changes: dict[str, Any]) -> None:
    """Another version, an unknown field or origin, or no conversation refuses the line."""
    with pytest.raises(RecordError) as caught:
        read(LINE | changes)
    assert caught.value.reason is QuarantineReason.SCHEMA_VIOLATION


def test_what_cut_a_run_short_is_told() -> None:
    """A logger may say it; without the field nothing is known of it."""
    row = {"run_id": 1, "text": "a"}
    assert read(row).cut_short is None
    assert read({**row, "cut_short": "max_steps"}).cut_short == "max_steps"


def test_the_model_that_judged_is_named() -> None:
    """A verdict's `judge` is kept, for the gate that compares it with the run's model."""
    row = {"name": "grade", "value": True, "origin": "model_judge", "judge": "judge-1"}
    assert read({**LINE, "verdicts": [row]}).verdicts[0].judge == "judge-1"
