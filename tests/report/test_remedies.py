"""Every reason and every rule that needs a person has a remedy."""

from distill.records.taxonomy import QuarantineReason
from distill.report.remedies import REMEDIES, REVIEW_REMEDIES
from distill.scoring.decision import Rule


def test_every_reason_has_a_remedy() -> None:
    """A new reason without one fails here."""
    assert set(REMEDIES) == set(QuarantineReason)


def test_every_rule_that_asks_for_review_has_a_remedy() -> None:
    """All rules but those that decide."""
    decides = {Rule.HIGHEST_RANK, Rule.INHERITED}
    assert set(REVIEW_REMEDIES) == {rule.value for rule in set(Rule) - decides}
