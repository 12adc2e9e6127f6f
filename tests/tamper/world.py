"""A small workspace that holds all that a change can hit, and what its auditor keeps elsewhere.

The five stages over a few records, and two plain stages that ran twice, so that there are receipts
that newer ones replaced and a kept version of an output.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from distill.receipts import Workspace
from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.scope import workspace_scope
from tests.tamper.stages import count, upper
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

ROWS = (
    row("first", "One — and only one."),
    row("first", "No.", passed=False),
    row("second", "Two."),
    row("third", "Perhaps.", passed="partly"),
)


@dataclass(frozen=True)
class World:
    """A workspace, and its auditor's own copies: a checkpoint, and a public key if it has one."""

    root: Path
    checkpoint: Path
    key: Path | None

    @property
    def workspace(self) -> Workspace:
        """The workspace, opened as the verifier opens it."""
        return Workspace.find(self.root)

    def path(self, name: str) -> Path:
        """Return the place of a file of the workspace."""
        return self.root / name


def build_world(folder: Path, *, signed: bool, rows: tuple[dict[str, object], ...] = ROWS) -> World:
    """Run everything in ``folder/workspace``, and keep checkpoint and key in ``folder/kept``."""
    root = folder / "workspace"
    project = make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": lines(rows)})
    workspace = Workspace.find(root)
    if signed:
        init_keys(workspace)
    run_all(project)
    for text in ("one\n", "one\ntwo\n"):
        (root / "notes.txt").write_text(text)
        with workspace_scope(workspace):
            upper(Path("notes.txt"), target=Path("exports/notes/upper.txt"))
            count(Path("exports/notes/upper.txt"), target=Path("exports/notes/count.txt"))
    return World(root, *_keep(workspace, folder / "kept"))


def _keep(workspace: Workspace, folder: Path) -> tuple[Path, Path | None]:
    """Copy the newest checkpoint and the public key to where nobody else can write."""
    folder.mkdir()
    _, newest = Ledger(workspace).checkpoint_files()[-1]
    shutil.copy(newest, folder / "checkpoint")
    keys = list((workspace.root / "receipts/keys").glob("*.checkpoint.pem"))
    if not keys:
        return folder / "checkpoint", None
    shutil.copy(keys[0], folder / "key.pem")
    return folder / "checkpoint", folder / "key.pem"
