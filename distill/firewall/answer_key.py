"""Gate: the answer key stands nowhere in what the model was asked.

The fact is computed with the evidence, where the source's answer keys are known.
"""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.taxonomy import QuarantineReason


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass unless the evidence found an answer key in a prompt."""
    if not candidate.evidence.facts.answer_key_in_prompt:
        return None
    return Finding(
        QuarantineReason.SCHEMA_VIOLATION,
        "answer_key_in_prompt",
        "an answer key of the task stands in its prompt",
    )
