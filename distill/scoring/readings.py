"""What one verdict says under a policy, and the form in which a scored run may hold it."""

import json
import math
from enum import StrEnum
from typing import Any, Final, NamedTuple

from distill.records.evidence import Verdict
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, VerdictOrigin, VerdictOutcome
from distill.scoring.policy import ScoringPolicy

#: A longer text is a judge's prose; scored runs hold decisions, never texts.
MAX_VALUE_CHARS: Final = 64

_CATEGORIES: Final = {
    VerdictOutcome.ACCEPTED: Category.ACCEPTED,
    VerdictOutcome.PARTIALLY_ACCEPTED: Category.PARTIALLY_ACCEPTED,
    VerdictOutcome.REJECTED: Category.REJECTED,
}


class Silence(StrEnum):
    """Why a verdict names no category, the gravest first."""

    INSTRUMENT_FAILURE = "instrument_failure"
    UNREADABLE = "unreadable"
    NO_THRESHOLD = "no_threshold"
    LEFT_FOR_REVIEW = "left_for_review"


class Reading(NamedTuple):
    """A verdict and either the category that it names, or why it names none."""

    verdict: Verdict
    category: Category | None
    silence: Silence | None


def read_verdict(verdict: Verdict, policy: ScoringPolicy) -> Reading:
    """Return what a verdict says; a value of another kind than expected is never guessed."""
    if verdict.outcome is VerdictOutcome.INSTRUMENT_FAILURE:
        return Reading(verdict, None, Silence.INSTRUMENT_FAILURE)
    if verdict.outcome is VerdictOutcome.UNREADABLE:
        return Reading(verdict, None, _unreadable(verdict))
    if verdict.outcome is not None:
        return Reading(verdict, _CATEGORIES[verdict.outcome], None)
    threshold = policy.thresholds.get(verdict.name)
    if threshold is None or not threshold.fits(verdict.polarity):
        return Reading(verdict, None, Silence.NO_THRESHOLD)
    number = finite_number(verdict.value)
    if number is None:
        return Reading(verdict, None, Silence.UNREADABLE)
    outcome = threshold.outcome(number, verdict.polarity)
    return Reading(verdict, _CATEGORIES[outcome], None)


def _unreadable(verdict: Verdict) -> Silence:
    left = (
        verdict.origin is VerdictOrigin.HUMAN_REVIEW
        and verdict.value == Category.NEEDS_HUMAN_REVIEW.value
    )
    return Silence.LEFT_FOR_REVIEW if left else Silence.UNREADABLE


def finite_number(value: Any) -> float | None:
    """Return a JSON number as a float; null for a bool, a text, NaN, infinity or what overflows."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def deciding(verdict: Verdict) -> DecidingVerdict:
    """Return the verdict as a scored run holds it.

    The value stays as found where it is null, a bool, a finite number or a text of at most
    `MAX_VALUE_CHARS`; any other becomes null.
    """
    return DecidingVerdict(name=verdict.name, origin=verdict.origin, value=_short(verdict.value))


def _short(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= MAX_VALUE_CHARS else None
    return value if finite_number(value) is not None else None


def order_of(reading: Reading) -> tuple[str, ...]:
    """Return a key that sorts verdicts of one rank whatever order their log had."""
    verdict = reading.verdict
    value = json.dumps(verdict.value, sort_keys=True, default=repr)
    return (verdict.name, verdict.pointer, verdict.path or "", value, verdict.outcome or "")
