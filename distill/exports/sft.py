"""SFT: a scored run with its evidence in, a conversation or a refusal out."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from distill.exports.card import CardTally, CardTotals, dataset_card
from distill.exports.card_terms import SFT_TERMS
from distill.exports.redacting import admitted_run
from distill.exports.rows import refuse_row, row_messages, sample_id
from distill.exports.settings import SftSettings
from distill.firewall.conversation import to_last_turn
from distill.firewall.gates import SFT_GATES, Gate, Refusal, RunCandidate
from distill.firewall.redaction import RedactionKey
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import SftSample, row_time
from distill.records.scored import ScoredRun


def sft_sample(
    run: ScoredRun,
    evidence: EvidenceRecord,
    settings: SftSettings,
    *,
    is_duplicate: bool = False,
    key: RedactionKey | None = None,
    gates: Sequence[Gate[RunCandidate]] = SFT_GATES,
) -> SftSample | Refusal:
    """Return the conversation of a run up to its last assistant's message, or why there is none.

    Laws: a row's category is one that the settings allow, with either of gates and schema alone;
    no character that the settings have redacted is in the row.
    """
    candidate = RunCandidate(run, evidence, is_duplicate)
    admitted = admitted_run(candidate, gates, settings.gates(), key)
    if isinstance(admitted, Refusal):
        return admitted
    try:
        return SftSample.admit(_row(run, admitted), include_partial=settings.include_partial)
    except ValueError as error:
        return refuse_row(error)


def sft_card(tally: CardTally, totals: CardTotals, settings: SftSettings) -> str:
    """Return the dataset card of an SFT export."""
    return dataset_card(SFT_TERMS, tally, totals, settings.model_dump(mode="json"))


def _row(run: ScoredRun, evidence: EvidenceRecord) -> dict[str, Any]:
    messages = encode(row_messages(to_last_turn(evidence.messages or ())))
    return {
        "id": sample_id("sft", [run.run_id], messages),
        "messages": Raw(messages),
        "tools": evidence.tools,
        "quality_score": run.category.value,
        "source_run_id": run.run_id,
        "created_at": row_time(evidence.recorded_at),
        "provenance": evidence.provenance,
    }
