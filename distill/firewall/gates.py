"""Which gates stand before each export, in which order, and how they are asked.

The order decides which reason is a record's own: the category first, since it is what must never
leak. Every gate is asked, so that `also` tells a reader what would still be in the way.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from distill.firewall import (
    answer_key,
    benchmark_contamination,
    category,
    conflicting_verdicts,
    content,
    duplicate_id,
    hallucinated_file_path,
    length_out_of_bounds,
    licence_disallowed,
    looping,
    near_duplicate,
    oracle_access,
    pairing,
    personal_data,
    placeholder_code,
    prompt_injection,
    provenance,
    refusal,
    role,
    schema,
    secret_detected,
    self_judged,
    self_pairing,
    source_run_id,
    split_leak,
    stale_verdict,
    truncated_run,
)
from distill.firewall.finding import (
    GATE_ERRORS,
    C,
    Finding,
    Gate,
    GateSettings,
    PairCandidate,
    Refusal,
    RunCandidate,
)
from distill.firewall.marking import merged
from distill.firewall.observation import UndecidedError
from distill.records.taxonomy import QuarantineReason

__all__ = [
    "PAIR_GATES",
    "RAG_GATES",
    "SFT_GATES",
    "Finding",
    "Gate",
    "GateSettings",
    "PairCandidate",
    "Refusal",
    "RunCandidate",
    "ask",
    "judge",
    "without_marks",
]

#: The rule of a finding that says: this gate could not judge.
UNDECIDED: Final = "undecided"

RunCheck = Callable[[RunCandidate, GateSettings], Finding | None]

RAG_GATES: Final[tuple[Gate[RunCandidate], ...]] = (
    Gate("category", category.check_rag),
    Gate("provenance", provenance.check),
    Gate("source_run_id", source_run_id.check),
    Gate("duplicate_id", duplicate_id.check),
    Gate("content", content.check_text),
    Gate("schema", schema.check_text),
    Gate("answer_key", answer_key.check),
    Gate("hallucinated_file_path", hallucinated_file_path.check),
    Gate("secret_detected", secret_detected.check),
    Gate("personal_data", personal_data.check),
    Gate("benchmark_contamination", benchmark_contamination.check),
    Gate("prompt_injection", prompt_injection.check),
    Gate("length_out_of_bounds", length_out_of_bounds.check),
    Gate("licence_disallowed", licence_disallowed.check),
    Gate("conflicting_verdicts", conflicting_verdicts.check),
    Gate("near_duplicate", near_duplicate.check),
    Gate("split_leak", split_leak.check),
)

SFT_GATES: Final[tuple[Gate[RunCandidate], ...]] = (
    Gate("category", category.check_sft),
    Gate("role", role.check),
    Gate("provenance", provenance.check),
    Gate("source_run_id", source_run_id.check),
    Gate("duplicate_id", duplicate_id.check),
    Gate("content", content.check_conversation),
    Gate("schema", schema.check_conversation),
    Gate("answer_key", answer_key.check),
    Gate("hallucinated_file_path", hallucinated_file_path.check),
    Gate("secret_detected", secret_detected.check),
    Gate("personal_data", personal_data.check),
    Gate("benchmark_contamination", benchmark_contamination.check),
    Gate("oracle_access", oracle_access.check),
    Gate("prompt_injection", prompt_injection.check),
    Gate("refusal", refusal.check),
    Gate("truncated_run", truncated_run.check),
    Gate("placeholder_code", placeholder_code.check),
    Gate("looping", looping.check),
    Gate("length_out_of_bounds", length_out_of_bounds.check),
    Gate("licence_disallowed", licence_disallowed.check),
    Gate("self_judged", self_judged.check),
    Gate("conflicting_verdicts", conflicting_verdicts.check),
    Gate("stale_verdict", stale_verdict.check),
    Gate("near_duplicate", near_duplicate.check),
    Gate("split_leak", split_leak.check),
)


def _chosen(check: RunCheck) -> Callable[[PairCandidate, GateSettings], Finding | None]:
    return lambda pair, settings: check(pair.chosen, settings)


def _either(check: RunCheck) -> Callable[[PairCandidate, GateSettings], Finding | None]:
    return lambda pair, settings: check(pair.chosen, settings) or check(pair.rejected, settings)


def _injection(pair: PairCandidate, settings: GateSettings) -> Finding | None:
    """A rejected run that follows an injection is what a pair is to teach against."""
    found = prompt_injection.check(pair.chosen, settings)
    return found or prompt_injection.check_hidden(pair.rejected, settings)


PAIR_GATES: Final[tuple[Gate[PairCandidate], ...]] = (
    Gate("category", category.check_pair),
    Gate("role", _either(role.check)),
    Gate("provenance", _either(provenance.check)),
    Gate("source_run_id", _either(source_run_id.check)),
    Gate("duplicate_id", _either(duplicate_id.check)),
    Gate("self_pairing", self_pairing.check),
    Gate("content", _either(content.check_conversation)),
    Gate("identity", pairing.check_identity),
    Gate("instrument", pairing.check_instrument),
    Gate("prompt", pairing.check_prompt),
    Gate("tools", pairing.check_tools),
    Gate("schema", _either(schema.check_conversation)),
    Gate("answer_key", _either(answer_key.check)),
    Gate("hallucinated_file_path", _chosen(hallucinated_file_path.check)),
    Gate("secret_detected", _either(secret_detected.check)),
    Gate("personal_data", _either(personal_data.check)),
    Gate("benchmark_contamination", _either(benchmark_contamination.check)),
    Gate("oracle_access", _chosen(oracle_access.check)),
    Gate("prompt_injection", _injection),
    Gate("refusal", _chosen(refusal.check)),
    Gate("truncated_run", _chosen(truncated_run.check)),
    Gate("placeholder_code", _chosen(placeholder_code.check)),
    Gate("looping", _chosen(looping.check)),
    Gate("length_out_of_bounds", _either(length_out_of_bounds.check)),
    Gate("licence_disallowed", _either(licence_disallowed.check)),
    Gate("self_judged", _either(self_judged.check)),
    Gate("conflicting_verdicts", _either(conflicting_verdicts.check)),
    Gate("stale_verdict", _either(stale_verdict.check)),
    Gate("split_leak", split_leak.check_pair),
)


def without_marks(text: str) -> str:
    """Return a text with a rule's name in the place of each credential and personal datum."""
    raw = text.encode("utf-8", "surrogatepass")
    pieces, done = [], 0
    for start, end, rule in merged([*secret_detected.scan(raw), *personal_data.scan(raw)]):
        pieces += [raw[done:start], f"<{rule}>".encode()]
        done = end
    return b"".join((*pieces, raw[done:])).decode("utf-8", "surrogatepass")


def judge(candidate: C, gates: Sequence[Gate[C]], settings: GateSettings) -> Refusal | None:
    """Ask every gate; return null where all let the candidate through.

    Law: a gate that fails is a finding of its own, so that nothing is clean because of an error.
    """
    found = [finding for gate in gates if (finding := ask(gate, candidate, settings)) is not None]
    if not found:
        return None
    first = found[0]
    others = dict.fromkeys(finding.reason for finding in found if finding.reason != first.reason)
    return Refusal(reason=first.reason, also=tuple(others), rule=first.rule, detail=first.detail)


def ask(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    """Return what one gate finds; null where it passes or is off.

    Laws: see `judge`; no credential and no personal datum stands in the detail, though a pointer or
    another run's id may hold one.
    """
    if settings.firewall.is_off(gate.name):
        return None
    found = _ask(gate, candidate, settings)
    return found if found is None else replace(found, detail=without_marks(found.detail))


def _ask(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    try:
        return gate.check(candidate, settings)
    except UndecidedError as undecided:
        return Finding(undecided.reason, UNDECIDED, undecided.why)
    except GATE_ERRORS as error:
        return Finding(
            QuarantineReason.SCHEMA_VIOLATION,
            "gate_failed",
            f"the gate {gate.name} failed: {type(error).__name__}",
        )
