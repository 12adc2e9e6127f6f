"""What a verdict's value means, and that nothing is guessed."""

from typing import Any

import pytest

from distill.records.taxonomy import VerdictOutcome
from distill.sources.verdict_map import VerdictMap

BOOLEAN = {"accepted": [True], "rejected": [False]}
NUMBER = {"accepted": [1], "rejected": [0]}
BOUNDS = {"thresholds": {"accepted": 0.9, "partially_accepted": 0.5}}
LOW = {"polarity": "lower_is_better", "thresholds": {"accepted": 0.1, "partially_accepted": 0.5}}
WORDS = {"accepted": ["C"], "partially_accepted": ["P"], "instrument_failure": ["timeout"]}


@pytest.mark.parametrize(
    ("table", "value", "outcome"),
    [
        (BOOLEAN, True, "accepted"),
        (BOOLEAN, False, "rejected"),
        (BOOLEAN, "False", "unreadable"),
        (BOOLEAN, "true", "unreadable"),
        (BOOLEAN, 1, "unreadable"),
        (BOOLEAN, 0.0, "unreadable"),
        (BOOLEAN, None, "unreadable"),
        (BOOLEAN, [True], "unreadable"),
        (BOOLEAN, {"v": True}, "unreadable"),
        (NUMBER, 1.0, "accepted"),
        (NUMBER, 0, "rejected"),
        (NUMBER, True, "unreadable"),
        (NUMBER, "1", "unreadable"),
        (NUMBER, 0.5, "unreadable"),
        (BOUNDS, 0.9, "accepted"),
        (BOUNDS, 0.7100000000000001, "partially_accepted"),
        (BOUNDS, 0.49, "rejected"),
        (BOUNDS, -3, "rejected"),
        (BOUNDS, True, "unreadable"),
        (BOUNDS, "0.9", "unreadable"),
        (LOW, 0, "accepted"),
        (LOW, 0.5, "partially_accepted"),
        (LOW, 1, "rejected"),
        (WORDS, "C", "accepted"),
        (WORDS, "c", "unreadable"),
        (WORDS, "timeout", "instrument_failure"),
        ({}, 0.4, None),
        ({}, True, "unreadable"),
        ({}, "good", "unreadable"),
    ],
)
def test_outcome(table: dict[str, Any], value: Any, outcome: str | None) -> None:
    """Values are compared by JSON type; what the map does not know is unreadable, never a pass."""
    found = VerdictMap(origin="test_harness", **table).outcome(value)
    assert found == (None if outcome is None else VerdictOutcome(outcome))
    verdict = VerdictMap(origin="test_harness", **table).read(value, pointer="/v")
    assert verdict.value == value


def test_thresholds_in_the_wrong_order() -> None:
    """A partial bound beyond the accepted one is a mistake, whichever way the number points."""
    with pytest.raises(ValueError, match="beyond"):
        VerdictMap.model_validate(
            {"origin": "heuristic", "thresholds": {"accepted": 0.5, "partially_accepted": 0.9}}
        )
    with pytest.raises(ValueError, match="beyond"):
        VerdictMap.model_validate(
            {
                "origin": "heuristic",
                "polarity": "lower_is_better",
                "thresholds": {"accepted": 0.5, "partially_accepted": 0.1},
            }
        )


def test_the_model_that_judged_is_named() -> None:
    """`judge` comes with the verdict, and goes with no other origin."""
    table = VerdictMap(origin="model_judge", judge="judge-1", accepted=("good",))
    assert table.read("good", pointer="/v").judge == "judge-1"
    with pytest.raises(ValueError, match="model_judge"):
        VerdictMap.model_validate({"origin": "heuristic", "judge": "judge-1"})
