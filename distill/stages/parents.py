"""What a stage reads of its parents: the files that their receipts name, never a glob."""

from pathlib import Path

from distill.errors import ContractError
from distill.receipts.ledger.log import Ledger
from distill.workspace.project import Project


def outputs_below(project: Project, stage: str, folder: str) -> list[Path]:
    """Return the files below `folder` that the newest passing receipt of `stage` names, sorted.

    Raises:
        ContractError: the stage has no passing receipt, or one that the ledger doesn't know: what
            lies there is nobody's work.
    """
    newest = project.receipts.newest_passed(stage)
    if newest is None:
        raise ContractError(
            f"{stage} has no passing receipt, so nothing may be built on its files",
            "run `distill run`, or the stage's own command first",
        )
    if not Ledger(project.workspace).holds(newest.digest):
        raise ContractError(
            f"the receipt {newest.digest.short}… of {stage} is in no line of the ledger, so nothing"
            " may be built on it",
            "if a crash left it, `distill ledger repair` appends it; else remove it and run again",
        )
    base = project.root / folder
    return sorted(path for path in project.receipts.outputs_of(stage) if path.is_relative_to(base))


def shards_below(project: Project, stage: str, folder: str) -> list[Path]:
    """Return the shards of records among `outputs_below`: those in a source's folder."""
    base = project.root / folder
    return [path for path in outputs_below(project, stage, folder) if path.parent != base]
