"""Gate: the run's rendering is as long as the workspace wants it; without bounds, any is."""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.taxonomy import QuarantineReason


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where `facts.text_chars` is within both bounds."""
    bounds = settings.firewall.length_out_of_bounds
    chars = candidate.evidence.facts.text_chars
    if bounds.min_chars is not None and chars < bounds.min_chars:
        return _finding("too_short", f"{chars} characters, min_chars = {bounds.min_chars}")
    if bounds.max_chars is not None and chars > bounds.max_chars:
        return _finding("too_long", f"{chars} characters, max_chars = {bounds.max_chars}")
    return None


def _finding(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.LENGTH_OUT_OF_BOUNDS, rule, detail)
