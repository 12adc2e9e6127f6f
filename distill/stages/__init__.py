"""The five stages of a workspace, each with a receipt; a second call skips, and says why."""

from distill.stages.pipeline import (
    build_evidence_index,
    export_preference,
    export_rag,
    export_sft,
    score_runs,
)
from distill.workspace.project import open_workspace

__all__ = [
    "build_evidence_index",
    "export_preference",
    "export_rag",
    "export_sft",
    "open_workspace",
    "score_runs",
]
