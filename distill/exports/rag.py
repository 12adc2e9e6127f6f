"""RAG: a scored run with its evidence in, a document or a refusal out."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from distill.exports.card import CardTally, CardTotals, dataset_card
from distill.exports.card_terms import RAG_TERMS
from distill.exports.rendering import RENDERING, render
from distill.exports.rows import sample_id
from distill.exports.samples import RunSamples
from distill.exports.settings import RagSettings
from distill.firewall.finding import Gate, Refusal, RunCandidate
from distill.firewall.gates import RAG_GATES
from distill.firewall.redaction import RedactionKey
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import RagSample, row_time
from distill.records.scored import ScoredRun


class RagSamples(RunSamples[RagSettings, RagSample]):
    """Makes the documents of a RAG set."""

    standing = RAG_GATES

    def _admit(self, run: ScoredRun, redacted: EvidenceRecord) -> RagSample:
        flag = self._settings.include_review
        return RagSample.admit(_row(run, redacted), include_review=flag)


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
