"""People's decisions: the way out for logs without verdicts."""

from typing import Any

import pytest

from distill.records.taxonomy import Category, VerdictOrigin, VerdictOutcome
from distill.sources.protocol import LooseVerdict, RecordError
from distill.sources.reviews import DECISIONS, Reviews

LINE = {
    "run": "logs/r1",
    "decision": "accepted",
    "reviewer": "ana",
    "time": "2026-03-01T11:00:00+01:00",
}


def read(row: dict[str, Any]) -> LooseVerdict:
    """Return the line's decision."""
    (found,) = Reviews.from_settings({}).answer([row], path="reviews/ana.jsonl")
    assert isinstance(found, LooseVerdict)
    return found


def test_a_decision() -> None:
    """A decision is a verdict of the highest rank on one run: who and when, without the note."""
    found = read(LINE | {"content_digest": "0" * 64, "note": "the customer's name is Eva"})
    assert found.match == {"run_id": "logs/r1"}
    assert found.content_digest == "0" * 64
    assert found.verdict.origin is VerdictOrigin.HUMAN_REVIEW
    assert found.verdict.outcome is VerdictOutcome.ACCEPTED
    assert found.verdict.detail == "ana, 2026-03-01T10:00:00Z"
    assert found.verdict.path == "reviews/ana.jsonl"


def test_every_category_is_a_decision() -> None:
    """A person may decide for each category; leaving a run open never accepts it."""
    assert set(DECISIONS) == set(Category)
    parked = read(LINE | {"decision": "needs_human_review"})
    assert parked.verdict.outcome is VerdictOutcome.UNREADABLE


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "ok"},
        {"decision": True},
        {"run": ""},
        {"reviewer": ""},
        {"time": "yesterday"},
        {"content_digest": "abc"},
        {"verdict": "accepted"},
    ],
)
def test_refused_lines(changes: dict[str, Any]) -> None:
    """A decision that can't be read exactly is no decision."""
    with pytest.raises(RecordError) as caught:
        read(LINE | changes)
    assert caught.value.rule == "review_format"
