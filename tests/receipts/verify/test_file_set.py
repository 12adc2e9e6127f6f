"""Nothing may lie where receipts answer for everything, and nothing there may make verify wait."""

import os
from pathlib import Path

import pytest

from distill.receipts import ReceiptStore, Workspace, verify_workspace
from distill.receipts.receipt import MAX_RECEIPT_BYTES
from distill.receipts.scope import workspace_scope
from tests.receipts.verify.building import LOG, checkpoint, kinds, object_of, tree


@pytest.mark.parametrize(
    "name",
    [
        "exports/more.jsonl",
        "exports/second.jsonl.bak",
        "exports/.hidden",
        "exports/deep/er/x",
        "data/evidence/x.jsonl",
        "data/scored/x.jsonl",
        "data/objects/x",
        "quarantine/x.jsonl",
        "receipts/objects/x",
        "receipts/objects/ab/x",
    ],
)
def test_a_file_that_no_receipt_names(built: Workspace, name: str) -> None:
    """A row that was slipped in beside the others is found, wherever trainers look."""
    path = built.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"a":1}\n')
    assert kinds(built) == {("file_added", name)}
    assert verify_workspace(built).exit_code == 10


def test_a_file_in_a_tree_that_a_stage_writes(built: Workspace) -> None:
    """Wherever a stage writes a tree, the tree holds what its receipt names and no more."""
    with workspace_scope(built):
        tree(ReceiptStore(built).outputs_of("first"), target=Path("rows"))
    assert verify_workspace(built).is_sound
    (built.root / "rows/more.jsonl").touch()
    (built.root / "beside.jsonl").touch()
    assert kinds(built) == {("file_added", "rows/more.jsonl")}


def test_a_link_among_the_outputs(built: Workspace) -> None:
    """A link that was added is named, and a folder behind it is not read."""
    (built.root / "exports/more").symlink_to("/etc")
    assert kinds(built) == {("file_added", "exports/more")}


def test_what_a_killed_run_leaves(built: Workspace) -> None:
    """Temporary names are named too, but they may be a crash's: 11."""
    (built.root / "exports/.sft.0123456789abcdef.partial").mkdir()
    (built.root / "exports/.sft.0123456789abcdef.partial/train.jsonl").touch()
    place = "exports/.sft.0123456789abcdef.partial/train.jsonl"
    assert kinds(built) == {("file_left_over", place)}
    assert verify_workspace(built).exit_code == 11


PLACES = ["logs/a.jsonl", "data/first.jsonl", "exports/second.jsonl", LOG, checkpoint(3), "object"]


@pytest.mark.parametrize("place", [*PLACES, "receipts/refs/first", "receipts/refs/.stages"])
@pytest.mark.parametrize("what", ["pipe", "folder", "link", "dangling link", "socket"])
def test_something_else_in_the_place_of_a_file(built: Workspace, place: str, what: str) -> None:
    """A pipe makes nobody wait, a link is not followed; the place is named."""
    shown = object_of(built, "first") if place == "object" else place
    path = built.root / shown
    away = built.root / "away"
    path.rename(away)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "socket":
        os.mknod(path, 0o140644)
    else:
        path.symlink_to(away if what == "link" else built.root / "nowhere")
    named = {path for _, path in kinds(built)}
    assert shown in named


def test_a_receipt_of_a_hundred_megabytes(built: Workspace) -> None:
    """It is refused by its size, unread."""
    name = "receipts/objects/ab/ab" + "0" * 62
    path = built.root / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (fault,) = verify_workspace(built).faults
    assert (fault.kind, fault.path) == ("receipt_damaged", name)
    assert str(MAX_RECEIPT_BYTES) in fault.found


@pytest.mark.parametrize("folder", ["receipts", "receipts/ledger", "receipts/refs", "exports"])
def test_a_folder_that_is_a_link(built: Workspace, folder: str) -> None:
    """Even to the very same files: what a link leads to can be changed from elsewhere."""
    path = built.root / folder
    path.rename(built.root / "moved")
    path.symlink_to(built.root / "moved")
    assert folder in {named for _, named in kinds(built)}
