"""What scoring says of one run, and the fixed names of the rules that say it."""

from enum import StrEnum
from typing import NamedTuple

from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category


class Rule(StrEnum):
    """The rule that decided; `docs/scoring.md` explains each."""

    HIGHEST_RANK = "highest_rank"
    NO_VERDICT = "no_verdict"
    VERDICT_UNREADABLE = "verdict_unreadable"
    NO_THRESHOLD = "no_threshold"
    SAME_RANK_DISAGREES = "same_rank_disagrees"
    INSTRUMENT_FAILURE = "instrument_failure"
    LEFT_FOR_REVIEW = "left_for_review"
    SCORER_FAILED = "scorer_failed"
    INHERITED = "inherited"
    NO_PARENT = "no_parent"
    PARENTS_DISAGREE = "parents_disagree"
    SAME_OUTPUT_OPPOSITE_VERDICTS = "same_output_opposite_verdicts"


class Decision(NamedTuple):
    """A run's category, the rule that decided and why; a scored run has fields of these names.

    `reward` is the deciding verdict's value where it is a finite number. `parent_run_ids` are those
    whose category an extraction-class record took, or that disagree.
    """

    category: Category
    rule: str
    reasons: tuple[str, ...]
    decided_by: DecidingVerdict | None = None
    dissent: tuple[DecidingVerdict, ...] = ()
    reward: float | None = None
    parent_run_ids: tuple[str, ...] = ()


def undecided(
    rule: Rule,
    *reasons: str,
    decided_by: DecidingVerdict | None = None,
    dissent: tuple[DecidingVerdict, ...] = (),
) -> Decision:
    """Return the decision that a person has to decide."""
    return Decision(
        category=Category.NEEDS_HUMAN_REVIEW,
        rule=rule.value,
        reasons=reasons,
        decided_by=decided_by,
        dissent=dissent,
    )
