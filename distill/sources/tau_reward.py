"""The reward of tau-bench's and tau2-bench's harness as a verdict."""

from typing import Any

from distill.records.evidence import Verdict
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.strict_json import name_type


def read_reward(value: Any, *, origin: VerdictOrigin, pointer: str) -> Verdict:
    """Return the verdict of a reward as found: 1 accepted, between 0 and 1 partially, 0 rejected.

    What is no number, or lies above 1, is unreadable.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Verdict(
        name="reward",
        value=value,
        origin=origin,
        outcome=_outcome(value) if is_number else VerdictOutcome.UNREADABLE,
        pointer=pointer,
        detail="" if is_number else f"the reward is a JSON {name_type(value)}",
    )


def _outcome(reward: float) -> VerdictOutcome:
    # tau-bench's own is_successful allows for the rounding of a product of floats.
    if abs(reward - 1) <= 1e-6:
        return VerdictOutcome.ACCEPTED
    if 0 < reward < 1:
        return VerdictOutcome.PARTIALLY_ACCEPTED
    return VerdictOutcome.REJECTED if reward <= 0 else VerdictOutcome.UNREADABLE
