"""A chain of two stages in a workspace, and what a verification of it finds."""

from pathlib import Path

from distill.receipts import (
    InFiles,
    OutDir,
    OutFile,
    ReceiptStore,
    VerificationRequest,
    Workspace,
    verify_workspace,
    with_receipt,
)
from distill.receipts.ledger.log import Ledger
from distill.receipts.receipt import Receipt
from distill.receipts.scope import workspace_scope

LOG = "receipts/ledger/log.jsonl"
CHECKPOINTS = "receipts/ledger/checkpoints"


@with_receipt(stage="first", version=1)
def first(logs: InFiles, *, target: OutFile) -> None:
    """Join logs."""
    target.write_text("".join(log.read_text() for log in logs))


@with_receipt(stage="second", version=1)
def second(parts: InFiles, *, target: OutFile) -> None:
    """Shout."""
    target.write_text("".join(part.read_text().upper() for part in parts))


@with_receipt(stage="tree", version=1)
def tree(parts: InFiles, *, target: OutDir) -> None:
    """Write each input once more."""
    for part in parts:
        (target / part.name).write_text(part.read_text())


def build(workspace: Workspace) -> None:
    """Run the chain."""
    with workspace_scope(workspace):
        first([Path("logs/a.jsonl")], target=Path("data/first.jsonl"))
        second(ReceiptStore(workspace).outputs_of("first"), target=Path("exports/second.jsonl"))


def newest(workspace: Workspace, stage: str) -> Receipt:
    """Return the newest receipt of a stage."""
    receipt = ReceiptStore(workspace).newest(stage)
    assert receipt is not None
    return receipt


def object_of(workspace: Workspace, stage: str) -> str:
    """Return where the newest receipt of a stage lies."""
    path = ReceiptStore(workspace).path_of(newest(workspace, stage).digest)
    return path.relative_to(workspace.root).as_posix()


def kinds(workspace: Workspace, request: VerificationRequest | None = None) -> set[tuple[str, str]]:
    """Return kind and path of every fault."""
    faults = verify_workspace(workspace, request).faults
    return {(fault.kind, fault.path) for fault in faults}


def notes(workspace: Workspace) -> list[str]:
    """Return the kinds of all notes."""
    return [note.kind for note in verify_workspace(workspace).notes]


def lines(workspace: Workspace) -> list[bytes]:
    """Return the ledger's lines."""
    return Ledger(workspace).lines()


def write_lines(workspace: Workspace, made: list[bytes]) -> None:
    """Put other lines in the place of the ledger's."""
    (workspace.root / LOG).write_bytes(b"".join(line + b"\n" for line in made))


def checkpoint(size: int) -> str:
    """Return where the checkpoint of a size lies."""
    return f"{CHECKPOINTS}/{size:016d}"


def overwrite(path: Path, content: bytes) -> None:
    """Put bytes in the place of a file that may be read-only."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)
