"""The five stages of a workspace, each a function with a receipt; a second call skips, and says why."""

from distill.stages.evidence import build_evidence_index
from distill.stages.preference import export_preference
from distill.stages.rag import export_rag
from distill.stages.scoring import score_runs
from distill.stages.sft import export_sft
from distill.workspace.project import open_workspace

__all__ = [
    "build_evidence_index",
    "export_preference",
    "export_rag",
    "export_sft",
    "open_workspace",
    "score_runs",
]
