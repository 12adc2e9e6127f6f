"""Which gates stand before each export, and in which order.

The order decides which reason is a record's own: the category first, since it is what must never
leak.
"""

from collections.abc import Callable
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
from distill.firewall.finding import Finding, Gate, GateSettings, PairCandidate, RunCandidate

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
    Gate("benchmark_contamination", benchmark_contamination.check, is_observed=True),
    Gate("prompt_injection", prompt_injection.check, is_observed=True),
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
    Gate("benchmark_contamination", benchmark_contamination.check, is_observed=True),
    Gate("oracle_access", oracle_access.check, is_observed=True),
    Gate("prompt_injection", prompt_injection.check, is_observed=True),
    Gate("refusal", refusal.check, is_observed=True),
    Gate("truncated_run", truncated_run.check, is_observed=True),
    Gate("placeholder_code", placeholder_code.check, is_observed=True),
    Gate("looping", looping.check, is_observed=True),
    Gate("length_out_of_bounds", length_out_of_bounds.check),
    Gate("licence_disallowed", licence_disallowed.check),
    Gate("self_judged", self_judged.check),
    Gate("conflicting_verdicts", conflicting_verdicts.check),
    Gate("stale_verdict", stale_verdict.check, is_observed=True),
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
    Gate("benchmark_contamination", _either(benchmark_contamination.check), is_observed=True),
    Gate("oracle_access", _chosen(oracle_access.check), is_observed=True),
    Gate("prompt_injection", _injection, is_observed=True),
    Gate("refusal", _chosen(refusal.check), is_observed=True),
    Gate("truncated_run", _chosen(truncated_run.check), is_observed=True),
    Gate("placeholder_code", _chosen(placeholder_code.check), is_observed=True),
    Gate("looping", _chosen(looping.check), is_observed=True),
    Gate("length_out_of_bounds", _either(length_out_of_bounds.check)),
    Gate("licence_disallowed", _either(licence_disallowed.check)),
    Gate("self_judged", _either(self_judged.check)),
    Gate("conflicting_verdicts", _either(conflicting_verdicts.check)),
    Gate("stale_verdict", _either(stale_verdict.check), is_observed=True),
    Gate("split_leak", split_leak.check_pair),
)
