"""Gate: the runs of an evaluation source reach neither SFT nor preference."""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.taxonomy import QuarantineReason, SourceRole


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where both the scored run and its evidence say ``train``."""
    if candidate.run.role is candidate.evidence.role is SourceRole.TRAIN:
        return None
    return Finding(
        QuarantineReason.CATEGORY_DISALLOWED,
        "evaluation_source",
        f"source {candidate.evidence.source} is an evaluation: its runs may not be trained on",
    )
