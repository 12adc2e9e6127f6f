"""SFT: a scored run with its evidence in, a conversation or a refusal out."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from distill.exports.card import CardTally, CardTotals, dataset_card
from distill.exports.card_terms import SFT_TERMS
from distill.exports.rows import row_messages, sample_id
from distill.exports.samples import RunSamples
from distill.exports.settings import SftSettings
from distill.firewall.conversation import to_last_turn
from distill.firewall.finding import Gate, Refusal, RunCandidate
from distill.firewall.gates import SFT_GATES
from distill.firewall.redaction import RedactionKey
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import SftSample, row_time
from distill.records.scored import ScoredRun


class SftSamples(RunSamples[SftSettings, SftSample]):
    """Makes the conversations of an SFT set: runs up to their last assistant's message."""

    standing = SFT_GATES

    def _admit(self, run: ScoredRun, redacted: EvidenceRecord) -> SftSample:
        flag = self._settings.include_partial
        return SftSample.admit(_row(run, redacted), include_partial=flag)


def sft_sample(
    run: ScoredRun,
    evidence: EvidenceRecord,
    settings: SftSettings,
    *,
    is_duplicate: bool = False,
    key: RedactionKey | None = None,
    gates: Sequence[Gate[RunCandidate]] = SFT_GATES,
) -> SftSample | Refusal:
    """Return the conversation of one run alone, or why there is none; see `SftSamples.of`."""
    return SftSamples(settings, key, gates).of(run, evidence, is_duplicate=is_duplicate)


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
