"""The category of a run from its verdicts.

1. The highest rank of origin that spoke decides: a lower rank never speaks for a higher one that
   crashed or can't be read.
2. The verdicts of that rank must speak with one readable voice, or a person decides.
3. An instrument's failure, also one that the record states, is never a rejection; only a human
   review decides over it.
4. Verdicts in any order give the same decision.
"""

from collections.abc import Collection, Sequence
from typing import Final

from distill.records.evidence import EvidenceRecord
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, VerdictOrigin
from distill.scoring.decision import Decision, Rule, undecided
from distill.scoring.policy import ScoringPolicy
from distill.scoring.readings import (
    Reading,
    Silence,
    deciding,
    finite_number,
    order_of,
    read_verdict,
)

__all__ = ["Decision", "Rule", "contradicted", "decide", "inherit", "opposite"]

#: What a scorer raises over a value that it can't take; a bug of another kind stops the stage.
_SCORER_ERRORS: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)

_SILENT_RULES: Final = {
    Silence.INSTRUMENT_FAILURE: (Rule.INSTRUMENT_FAILURE, "its instrument failed"),
    Silence.UNREADABLE: (Rule.VERDICT_UNREADABLE, "its value can't be read"),
    Silence.NO_THRESHOLD: (Rule.NO_THRESHOLD, "the policy has no threshold for it"),
    Silence.LEFT_FOR_REVIEW: (Rule.LEFT_FOR_REVIEW, "the reviewer left it open"),
}


def decide(record: EvidenceRecord, policy: ScoringPolicy) -> Decision:
    """Return the decision that a run's own verdicts give; a scorer that fails decides nothing."""
    try:
        return _decide(record, policy)
    except _SCORER_ERRORS as error:
        return undecided(Rule.SCORER_FAILED, f"the scorer failed: {type(error).__name__}")


def _decide(record: EvidenceRecord, policy: ScoringPolicy) -> Decision:
    readings = [read_verdict(verdict, policy) for verdict in record.verdicts]
    if len(readings) > 1:
        readings.sort(key=lambda reading: (reading.verdict.origin.rank, order_of(reading)))
    top = readings[0].verdict.origin if readings else None
    if record.instrument_failure is not None and top is not VerdictOrigin.HUMAN_REVIEW:
        return undecided(Rule.INSTRUMENT_FAILURE, "the record says that an instrument failed")
    if top is None:
        return undecided(Rule.NO_VERDICT, "no verdict")
    highest = [reading for reading in readings if reading.verdict.origin is top]
    return _by_rank(highest, readings[len(highest) :])


def _by_rank(top: Sequence[Reading], lower: Sequence[Reading]) -> Decision:
    origin = top[0].verdict.origin
    if any(reading.silence for reading in top):
        return _silenced(top, lower)
    categories = {reading.category for reading in top if reading.category}
    if len(categories) > 1:
        said = sorted(category.value for category in categories)
        return undecided(
            Rule.SAME_RANK_DISAGREES,
            f"{origin} says {' and '.join(said)}",
            dissent=tuple(deciding(reading.verdict) for reading in top),
        )
    return _agreed(top[0], categories.pop(), lower)


def _silenced(top: Sequence[Reading], lower: Sequence[Reading]) -> Decision:
    """Return the decision where a verdict of the highest rank names no category: by the gravest."""
    silence = next(one for one in Silence if any(reading.silence is one for reading in top))
    verdict = next(reading.verdict for reading in top if reading.silence is silence)
    rule, why = _SILENT_RULES[silence]
    reason = f"{verdict.origin} has the highest rank, and {why}: {verdict.name}"
    return undecided(rule, reason, decided_by=deciding(verdict), dissent=_speaking(lower))


def _agreed(first: Reading, category: Category, lower: Sequence[Reading]) -> Decision:
    verdict = first.verdict
    against = [reading for reading in lower if reading.category not in (None, category)]
    reasons = [f"{verdict.origin} says {category}: {verdict.name}"]
    if against:
        named = sorted({reading.verdict.origin.value for reading in against})
        reasons.append(f"dissent of a lower rank: {', '.join(named)}")
    return Decision(
        category=category,
        rule=Rule.HIGHEST_RANK.value,
        reasons=tuple(reasons),
        decided_by=deciding(verdict),
        dissent=_speaking(against),
        reward=finite_number(verdict.value),
    )


def _speaking(readings: Sequence[Reading]) -> tuple[DecidingVerdict, ...]:
    return tuple(deciding(reading.verdict) for reading in readings if reading.category is not None)


def inherit(parents: Sequence[tuple[str, Category]]) -> Decision:
    """Return the decision on an extraction-class record from its parents: run id and category each.

    Law: the order of the parents does not matter.
    """
    run_ids = tuple(sorted({run_id for run_id, _ in parents}))
    categories = sorted({category.value for _, category in parents})
    if not categories:
        return undecided(Rule.NO_PARENT, "no verdict-bearing run has its subject")
    if len(categories) > 1:
        reason = f"its parents are {' and '.join(categories)}"
        return undecided(Rule.PARENTS_DISAGREE, reason)._replace(parent_run_ids=run_ids)
    return Decision(
        category=Category(categories[0]),
        rule=Rule.INHERITED.value,
        reasons=(f"the category of its parents, {len(run_ids)} in number",),
        parent_run_ids=run_ids,
    )


def contradicted(decision: Decision) -> Decision:
    """Return the decision on a run whose task holds the same output with an opposite verdict.

    The verdict that decided before stays named, so that a reviewer sees it.
    """
    return decision._replace(
        category=Category.NEEDS_HUMAN_REVIEW,
        rule=Rule.SAME_OUTPUT_OPPOSITE_VERDICTS.value,
        reasons=("the same output has opposite verdicts within its task", *decision.reasons),
    )


def opposite(categories: Collection[Category]) -> bool:
    """Say whether these categories of one output contradict: accepted beside rejected."""
    return Category.ACCEPTED in categories and Category.REJECTED in categories
