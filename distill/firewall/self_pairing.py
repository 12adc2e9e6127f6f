"""Gate: a pair has two runs and two texts."""

from distill.firewall.finding import Finding, GateSettings, PairCandidate
from distill.records.taxonomy import QuarantineReason


def check(candidate: PairCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where run ids and outputs differ."""
    chosen, rejected = candidate.chosen.evidence, candidate.rejected.evidence
    if chosen.run_id == rejected.run_id:
        return _finding("same_run", "a run can't be preferred to itself")
    digest = chosen.facts.output_digest
    if digest is not None and digest == rejected.facts.output_digest:
        return _finding("same_output", "both runs put out the same text")
    return None


def _finding(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.SELF_PAIRING, rule, detail)
