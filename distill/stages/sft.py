"""The SFT stage: accepted runs in, conversations out."""

from typing import Annotated, Final

from distill.exports.settings import SftSettings
from distill.exports.sft import SftSamples, sft_card
from distill.firewall.redaction import RedactionKey
from distill.receipts import Ignored, InFiles, OutDir, OutFile, with_receipt
from distill.receipts.staging import Finished
from distill.stages.admitting import RunExport
from distill.stages.progress import SILENT, Progress
from distill.stages.redacting import key_named

STAGE: Final = "export_sft"


@with_receipt(stage=STAGE, version=1)
def write_sft(
    scored: InFiles,
    evidence: InFiles,
    *,
    settings: SftSettings,
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
        samples=SftSamples,
        settings=settings,
        key=key_named(redaction, key),
        card=lambda described, totals: sft_card(described, totals, settings),
    )
    return export.write(scored, evidence, rows, quarantine, progress)
