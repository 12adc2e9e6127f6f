"""The RAG stage: runs that may be read again in, documents out."""

from typing import Annotated, Final

from distill.exports.rag import RagSamples, rag_card
from distill.exports.settings import RagSettings
from distill.firewall.redaction import RedactionKey
from distill.receipts import Ignored, InFiles, OutDir, OutFile, with_receipt
from distill.receipts.staging import Finished
from distill.stages.admitting import RunExport
from distill.stages.progress import SILENT, Progress
from distill.stages.redacting import key_named

STAGE: Final = "export_rag"


@with_receipt(stage=STAGE, version=1)
def write_rag(
    scored: InFiles,
    evidence: InFiles,
    *,
    settings: RagSettings,
    rows: OutDir,
    quarantine: OutFile,
    redaction: str | None = None,
    key: Annotated[RedactionKey | None, Ignored] = None,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Finished:
    """Write ``train-00000.jsonl``, … and the dataset card; see `RunExport.write` for the law.

    ``redaction`` is the id of the redaction key, null where nothing is to be redacted.
    """
    export = RunExport(
        stage=STAGE,
        samples=RagSamples,
        settings=settings,
        key=key_named(redaction, key),
        card=lambda described, totals: rag_card(described, totals, settings),
    )
    return export.write(scored, evidence, rows, quarantine, progress)
