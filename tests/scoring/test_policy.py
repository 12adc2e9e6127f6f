"""The policy: what may be set and what is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distill.scoring.decision import Rule
from distill.scoring.policy import SHIPPED_THRESHOLDS, ScoringPolicy


def test_a_threshold_joins_the_shipped_ones() -> None:
    """Setting one verdict's bounds does not lose the others."""
    policy = ScoringPolicy.model_validate(
        {"thresholds": {"quality": {"accepted": 1, "partially_accepted": 0}}}
    )
    assert set(policy.thresholds) == {"quality", *SHIPPED_THRESHOLDS}
    replaced = {"grounded_fraction": {"accepted": 0.9, "partially_accepted": 0.6}}
    policy = ScoringPolicy.model_validate({"thresholds": replaced})
    assert policy.thresholds["grounded_fraction"].accepted == 0.9


@pytest.mark.parametrize(
    "table",
    [
        {"threshold": {}},
        {"thresholds": {"q": {"accepted": 0.8}}},
        {
            "thresholds": {
                "q": {"accepted": 0.5, "partially_accepted": 0.8, "polarity": "higher_is_better"}
            }
        },
        {"thresholds": {"q": {"accepted": "0.8", "partially_accepted": 0.5}}},
        {"thresholds": {"q": {"accepted": True, "partially_accepted": 0.5}}},
        {"thresholds": {"q": {"accepted": float("nan"), "partially_accepted": 0.5}}},
        {"thresholds": {"q": {"accepted": 1, "partially_accepted": 0, "unknown": 1}}},
        {"thresholds": [1]},
        {"version": "2"},
    ],
)
def test_a_policy_that_is_no_policy_is_refused(table: dict[str, Any]) -> None:
    """Unknown keys, wrong types, bounds in the wrong order, another version."""
    with pytest.raises(ValidationError):
        ScoringPolicy.model_validate(table)


def test_every_rule_is_documented(repository: Path) -> None:
    """The page names each rule in a row of its table, and no rule that is not there."""
    page = (repository / "docs" / "scoring.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {rule.value for rule in Rule}
