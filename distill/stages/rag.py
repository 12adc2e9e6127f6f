"""The RAG stage: runs that may be read again in, documents out."""

from collections.abc import Mapping
from typing import Annotated, Final

from distill.exports.settings import RagSettings
from distill.exports.rag import rag_card, rag_sample
from distill.receipts import Ignored, InFiles, OutDir, Outcome, OutFile, Report, with_receipt
from distill.stages.admitting import RunExport, export_arguments
from distill.stages.progress import SILENT, Progress
from distill.workspace.project import Project

STAGE: Final = "export_rag"


@with_receipt(stage=STAGE, version=1)
def write_rag(
    scored: InFiles,
    evidence: InFiles,
    *,
    settings: RagSettings,
    rows: OutDir,
    quarantine: OutFile,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Report:
    """Write ``train-00000.jsonl``, … and the dataset card; see `RunExport.write` for the law."""
    export = RunExport(
        stage=STAGE,
        admit=lambda run, record: rag_sample(run, record, settings),
        card=lambda described, tally: rag_card(described, tally.totals(), settings),
    )
    return export.write(scored, evidence, rows, quarantine, progress)


def export_rag(project: Project, progress: Progress = SILENT) -> Outcome:
    """Run the stage on the scored runs of a workspace, or skip it.

    Raises:
        ContractError: there is no receipt of the scored runs.
    """
    return write_rag(**arguments(project), progress=progress)


def arguments(project: Project) -> Mapping[str, object]:
    """Return what the stage is called with in this workspace."""
    return {
        **export_arguments(project, STAGE, "rag"),
        "settings": project.configuration.exports.rag,
    }
