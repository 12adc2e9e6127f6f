"""How a workspace calls each stage: which files go in, under which settings, what comes out where.

Kept apart from the stages themselves: what decides a stage's key is the code that it runs, not how
its arguments were found.
"""

from typing import Any

from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.receipts.look import shared_paths
from distill.stages import evidence, preference, rag, scoring, sft
from distill.stages.jobs import SourceJob
from distill.stages.parents import shards_below
from distill.stages.source_jobs import source_jobs
from distill.workspace.places import EVIDENCE_DIR, EXPORTS_DIR, SCORED_DIR
from distill.workspace.project import Project

Arguments = dict[str, Any]


def evidence_arguments(project: Project, jobs: tuple[SourceJob, ...] | None = None) -> Arguments:
    """Return what `index_evidence` is called with in this workspace.

    ``jobs`` are those of its sources, null to look for their files.
    """
    jobs = source_jobs(project) if jobs is None else jobs
    paths, real = sorted({path for job in jobs for path in job.paths}), shared_paths()
    return {
        "logs": [project.workspace.resolve_text(path, real) for path in paths],
        "jobs": jobs,
        "withdrawals": [file] if (file := project.withdrawals_file).exists() else [],
        "evidence": project.root / EVIDENCE_DIR,
        "quarantine": project.quarantine_file(evidence.STAGE),
    }


def scoring_arguments(project: Project) -> Arguments:
    """Return what `decide_runs` is called with in this workspace."""
    return {
        "evidence": shards_below(project, evidence.STAGE, EVIDENCE_DIR),
        "scored": project.root / SCORED_DIR,
        **scoring_settings(project),
    }


def scoring_settings(project: Project) -> Arguments:
    """Return what `decide_runs` is told beside its files."""
    return {
        "policy": project.configuration.scoring,
        "near_duplicates": project.configuration.near_duplicates,
        "has_splits": project.configuration.exports.splits is not None,
    }


def rag_arguments(project: Project) -> Arguments:
    """Return what `write_rag` is called with in this workspace."""
    return _export_arguments(project, rag.STAGE, "rag", project.configuration.exports.rag)


def sft_arguments(project: Project) -> Arguments:
    """Return what `write_sft` is called with in this workspace."""
    return _export_arguments(project, sft.STAGE, "sft", project.configuration.exports.sft)


def preference_arguments(project: Project) -> Arguments:
    """Return what `write_preference` is called with in this workspace."""
    return _export_arguments(
        project, preference.STAGE, "preference", project.configuration.exports.preference
    )


def _export_arguments(
    project: Project,
    stage: str,
    folder: str,
    settings: RagSettings | SftSettings | PreferenceSettings,
) -> Arguments:
    key = project.redaction_key() if settings.firewall.redacts else None
    return {
        "scored": shards_below(project, scoring.STAGE, SCORED_DIR),
        "evidence": shards_below(project, evidence.STAGE, EVIDENCE_DIR),
        "rows": project.root / EXPORTS_DIR / folder,
        "quarantine": project.quarantine_file(stage),
        "settings": settings,
        "redaction": None if key is None else key.id,
        "key": key,
    }
