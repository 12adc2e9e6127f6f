"""RAG: a scored run with its evidence in, a document or a refusal out."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from distill.exports.card import CardTally, CardTotals, dataset_card
from distill.exports.card_terms import RAG_TERMS
from distill.exports.redacting import redact_run
from distill.exports.rendering import RENDERING, render
from distill.exports.rows import refuse_row, sample_id
from distill.exports.settings import RagSettings
from distill.firewall.finding import Gate, Refusal, RunCandidate
from distill.firewall.gates import RAG_GATES
from distill.firewall.judging import Judge
from distill.firewall.redaction import RedactionKey
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import RagSample, row_time
from distill.records.scored import ScoredRun


class RagSamples:
    """Makes the rows of a set: its settings are looked into once."""

    def __init__(
        self,
        settings: RagSettings,
        key: RedactionKey | None = None,
        gates: Sequence[Gate[RunCandidate]] = RAG_GATES,
    ) -> None:
        self._settings = settings
        self._key = key
        self._judge = Judge(gates, settings.gates())

    def of(
        self, run: ScoredRun, evidence: EvidenceRecord, *, is_duplicate: bool = False
    ) -> RagSample | Refusal:
        """Return the document of a run, or why there is none.

        Laws: a row's category is one that the settings allow, with either of gates and schema
        alone; no character that the settings have redacted is in the row.
        """
        refusal = self._judge.refusal(RunCandidate(run, evidence, is_duplicate))
        if refusal is not None:
            return refusal
        redacted = redact_run(evidence, self._settings.firewall, self._key)
        if isinstance(redacted, Refusal):
            return redacted
        try:
            return RagSample.admit(
                _row(run, redacted), include_review=self._settings.include_review
            )
        except ValueError as error:
            return refuse_row(error)


def rag_sample(
    run: ScoredRun,
    evidence: EvidenceRecord,
    settings: RagSettings,
    *,
    is_duplicate: bool = False,
    key: RedactionKey | None = None,
    gates: Sequence[Gate[RunCandidate]] = RAG_GATES,
) -> RagSample | Refusal:
    """Return the document of one run alone, or why there is none; see `RagSamples.of`."""
    return RagSamples(settings, key, gates).of(run, evidence, is_duplicate=is_duplicate)


def rag_card(tally: CardTally, totals: CardTotals, settings: RagSettings) -> str:
    """Return the dataset card of a RAG export."""
    return dataset_card(RAG_TERMS, tally, totals, settings.model_dump(mode="json"))


def _row(run: ScoredRun, evidence: EvidenceRecord) -> dict[str, Any]:
    has_turns = evidence.messages is not None
    text = encode(render(evidence.messages or ()) if has_turns else evidence.text or "")
    return {
        "id": sample_id("rag", [run.run_id], text),
        "text": Raw(text),
        "metadata": {
            "dataset": evidence.dataset,
            "source": evidence.source,
            "licence": evidence.licence,
            "record_class": evidence.record_class.value,
            "role": evidence.role.value,
            "rendering": RENDERING if has_turns else "text",
            "task_id": evidence.task.task_id,
            "subject": evidence.subject,
            "model": evidence.model,
        },
        "category": run.category.value,
        "source_category": evidence.source_category,
        "created_at": row_time(evidence.recorded_at),
        "source_run_id": run.run_id,
        "provenance": evidence.provenance,
    }
