"""A run that is killed at any step leaves all of the old files or all of the new ones."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import git  # noqa: F401 - imported here once, so that no child pays for it
import pytest

from distill.errors import ContractError
from distill.receipts import (
    InFiles,
    OutDir,
    OutFile,
    journal,
    schema,  # noqa: F401 - pydantic too
    with_receipt,
)
from distill.receipts.canonical import dumps, loads
from distill.receipts.digest import digest_bytes
from distill.receipts.journal import Journal
from distill.receipts.publish import recover
from distill.receipts.scope import workspace_scope
from distill.receipts.store import ReceiptStore
from distill.receipts.targets import slot_of
from distill.receipts.verify import verify_workspace
from distill.receipts.workspace import Workspace

STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}
KILLED = 9


@with_receipt(stage="copy", version=1)
def copy(logs: InFiles, *, rows: OutDir, index: OutFile) -> None:
    """Copy each log, and list them."""
    for log in logs:
        (rows / "deep").mkdir(exist_ok=True)
        shutil.copyfile(log, rows / "deep" / log.name)
    index.write_text("".join(f"{log.name}\n" for log in logs))


def call(workspace: Workspace) -> None:
    """Call the stage on all logs of a workspace."""
    with workspace_scope(workspace):
        logs = sorted((workspace.root / "logs").iterdir())
        copy(logs, rows=Path("out"), index=Path("index.txt"))


def lock_of(workspace: Workspace) -> str:
    """Return the name of the lock that a call holds."""
    (receipt,) = {r.slot: r for r in ReceiptStore(workspace).all()}.values()
    return f"copy-{slot_of(receipt.claim.targets)[:16]}"


def outputs(root: Path) -> dict[str, bytes]:
    """Return what lies where the stage writes."""
    files = [root / "index.txt", *(root / "out").rglob("*")]
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in files if f.is_file()}


def die_at(step: int, workspace: Workspace, work: Callable[[Workspace], None]) -> bool:
    """Do work in a child that dies before its nth change of the disk; tell whether it died."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            changes = event in STEPS and (event != "open" or _writes(arguments))
            if changes and str(workspace.root) in str(arguments[0]):
                left -= 1
                if left == 0:
                    os._exit(KILLED)

        sys.addaudithook(count)
        try:
            work(workspace)
        except BaseException:  # noqa: BLE001 - the child must never return into pytest
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}
    return code == KILLED


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def leftovers(root: Path) -> list[str]:
    """Return temporary files and journals."""
    return [
        *(str(p) for p in root.rglob("*.partial*")),
        *(str(p) for p in (root / ".distill/publish").glob("*")),
    ]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A workspace that was built once, and then given other logs, and an edit by hand."""
    root = tmp_path / "old"
    (root / "logs").mkdir(parents=True)
    (root / "distill.toml").touch()
    for name in ("a", "b"):
        (root / "logs" / f"{name}.jsonl").write_text(f"old {name}\n")
    call(Workspace(root))
    (root / "logs/a.jsonl").write_text("new a\n")
    (root / "logs/b.jsonl").unlink()
    (root / "logs/c.jsonl").write_text("new c\n")
    (root / "out/deep/a.jsonl").write_text("edited\n")
    return root


def test_a_kill_at_every_step_leaves_old_or_new(old: Path, tmp_path: Path) -> None:
    """Whatever the step, the next start finds all old files or all new ones, and cleans up."""
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(old, undisturbed)
    call(Workspace(undisturbed))
    before, after = outputs(old), outputs(undisturbed)
    seen: set[str] = set()
    step = 0
    while True:
        step += 1
        root = tmp_path / f"killed-{step}"
        shutil.copytree(old, root)
        workspace = Workspace(root)
        died = die_at(step, workspace, call)
        recover(workspace, lock_of(workspace))
        found = outputs(root)
        passed = ReceiptStore(workspace).newest_passed("copy")
        assert passed is not None
        is_new = len(list(ReceiptStore(workspace).all())) == 2
        assert found == (after if is_new else before), step
        assert leftovers(root) == [], step
        seen.add("new" if is_new else "old")
        call(workspace)
        assert outputs(root) == after, step
        assert verify_workspace(workspace).faults == (), step
        kept = {path.read_bytes() for path in (root / "data/objects").iterdir()}
        assert kept == {b"edited\n", b"old b\n", b"a.jsonl\nb.jsonl\n"}, step
        shutil.rmtree(root)
        if not died:
            break
    assert seen == {"old", "new"}
    assert step > 20


def test_a_kill_during_recovery_is_recovered_from(old: Path, tmp_path: Path) -> None:
    """Finishing a publication can be killed too: the next start goes on from there."""
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(old, undisturbed)
    call(Workspace(undisturbed))
    after = outputs(undisturbed)
    half = _half_published(old, tmp_path)
    lock = lock_of(Workspace(half))
    for step in range(1, 100):
        root = tmp_path / f"again-{step}"
        shutil.copytree(half, root)
        workspace = Workspace(root)
        died = die_at(step, workspace, lambda here: recover(here, lock))
        recover(workspace, lock)
        assert outputs(root) == after, step
        assert leftovers(root) == [], step
        shutil.rmtree(root)
        if not died:
            break
    assert step > 5


def _half_published(old: Path, tmp_path: Path) -> Path:
    """Return a workspace that died after the first file was moved in."""
    for step in range(1, 200):
        root = tmp_path / f"half-{step}"
        shutil.copytree(old, root)
        die_at(step, Workspace(root), call)
        if (root / "out/deep/c.jsonl").exists():
            return root
    raise AssertionError


def test_a_publication_that_lost_a_file_is_undone(old: Path, tmp_path: Path) -> None:
    """Somebody took away a file that was to take a place, and what lay there: the rest is old."""
    before = outputs(old)
    del before["index.txt"]
    root = _half_published(old, tmp_path)
    workspace, lock = Workspace(root), lock_of(Workspace(old))
    moves = journal.read(workspace, lock).moves
    (lost,) = [move for move in moves if move.place == "index.txt"]
    (root / lost.partial).unlink()
    (root / "index.txt").unlink()
    recover(workspace, lock)
    assert outputs(root) == before
    assert leftovers(root) == []
    call(workspace)
    assert verify_workspace(workspace).faults == ()


def test_a_running_stage_is_not_recovered_from_under_it(old: Path, tmp_path: Path) -> None:
    """Another stage's start leaves the journal of a live process alone."""
    seen: list[list[str]] = []

    @with_receipt(stage="outer", version=1)
    def outer(target: OutFile) -> None:
        recover(Workspace(old), "some-other-lock")
        seen.append(leftovers(old))
        target.write_text("x")

    with workspace_scope(Workspace(old)):
        outer(Path("outer.txt"))
    assert any("outer" in name for name in seen[0])
    assert (old / "outer.txt").read_text() == "x"
    assert leftovers(old) == []


def test_a_failed_stage_leaves_all_as_it_was(old: Path) -> None:
    """An exception is raised unchanged, with the former files in place and a failed receipt."""

    @with_receipt(stage="copy", version=1)
    def broken(rows: OutDir, index: OutFile) -> None:
        (rows / "x").write_text("x")
        index.write_text("x")
        message = "no more"
        raise KeyError(message)

    before = outputs(old)
    with workspace_scope(Workspace(old)), pytest.raises(KeyError, match="no more"):
        broken(Path("out"), Path("index.txt"))
    assert outputs(old) == before
    assert leftovers(old) == []
    newest = ReceiptStore(Workspace(old)).newest("copy")
    assert newest is not None
    assert newest.run.error is not None
    assert (newest.passed, newest.run.error.type) == (False, "KeyError")


def test_what_lay_in_the_way_is_never_destroyed(old: Path) -> None:
    """A file that no receipt knows and that collides with an output is kept in data/objects."""
    (old / "out/deep/c.jsonl").write_text("a stranger's\n")
    call(Workspace(old))
    kept = old / "data/objects" / digest_bytes(b"a stranger's\n").hex
    assert kept.read_text() == "a stranger's\n"
    assert (old / "out/deep/c.jsonl").read_text() == "new c\n"


def test_a_journal_holds_the_bytes_of_its_receipt(old: Path) -> None:
    """They are spliced in, and a name that reads like the place for them is left as it is."""
    workspace = Workspace(old)
    (receipt,) = ReceiptStore(workspace).all()
    token, name = "0123456789abcdef", '"receipt":null'
    made = Journal("copy-1", token, "open", (f"data/.{name}.{token}.partial",))
    for one in (made, made.committed((), (), receipt)):
        one.write(workspace)
        content = journal.path_of(workspace, "copy-1").read_bytes()
        assert journal.read(workspace, "copy-1") == one
        assert dumps(loads(content[:-1])) + b"\n" == content
    assert receipt.content[:-1] in content


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "a name that is no text": ({"name": None}, "name is no string"),
    "another name": ({"name": "../../distill"}, "it bears another name"),
    "a token that is a pattern": ({"token": "*"}, "is no token"),
    "no phase": ({"phase": "done"}, "is none of open, commit"),
    "a file that is no temporary one": ({"partials": ["distill.toml"]}, "temporary file"),
    "a file outside": ({"partials": ["../.x.0123456789abcdef.partial"]}, "is refused"),
    "a move of another file": (
        {"moves": [{"partial": "a", "place": "b", "new": "ab" * 32, "old": None}]},
        "temporary file",
    ),
    "a digest that is none": (
        {"moves": [{"partial": "a", "place": "b", "new": "../x", "old": None}]},
        "is no digest",
    ),
}


@pytest.mark.parametrize(("changes", "told"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_journal_stops_the_start(old: Path, changes: dict[str, Any], told: str) -> None:
    """A journal is read to the letter: it can't name a file to remove that no run has made."""
    name = lock_of(Workspace(old))
    value: dict[str, Any] = {"name": name, "token": "0123456789abcdef", "phase": "open"}
    value |= {"partials": [], "moves": [], "retirements": [], "receipt": None, **changes}
    (old / ".distill/publish" / f"{name}.json").write_bytes(dumps(value) + b"\n")
    with pytest.raises(ContractError, match="publish journal") as caught:
        call(Workspace(old))
    assert told in caught.value.message
    assert (old / "distill.toml").exists()


def test_a_damaged_journal_stops_the_start(old: Path) -> None:
    """A journal that can't be read is named, and nothing is guessed from it."""
    folder = old / ".distill/publish"
    (folder / f"{lock_of(Workspace(old))}.json").write_text("{}")
    with pytest.raises(ContractError, match="publish journal"):
        call(Workspace(old))


def test_a_journal_whose_folder_is_a_file_stops_nothing(old: Path) -> None:
    """A temporary place below what is a file by now is a place where nothing is left."""
    token = "0" * 16
    blocked = f"logs/a.jsonl/.x.{token}.partial"
    Journal("blocked", token, "open", (blocked,)).write(Workspace(old))
    call(Workspace(old))
    assert leftovers(old) == []
