"""A receipt, a file, a dataset: what is looked at, what is not, and what each misses on purpose."""

from pathlib import Path

import pytest

from distill.errors import ConfigurationError
from distill.receipts import (
    ReceiptStore,
    VerificationReport,
    VerificationRequest,
    Workspace,
    verify_workspace,
)
from distill.receipts.scope import workspace_scope
from tests.receipts.verify.building import LOG, build, kinds, newest, object_of, overwrite, tree


@pytest.fixture
def workspace(built: Workspace) -> Workspace:
    """A chain of two stages, and a tree made of the first one's output."""
    with workspace_scope(built):
        tree(ReceiptStore(built).outputs_of("first"), target=Path("exports/set"))
    return built


def look(workspace: Workspace, *targets: str) -> VerificationReport:
    """Verify targets."""
    return verify_workspace(workspace, VerificationRequest(targets=targets))


def found(workspace: Workspace, *targets: str) -> set[tuple[str, str]]:
    """Return kind and path of every fault in a narrower scope."""
    return kinds(workspace, VerificationRequest(targets=targets))


def change(workspace: Workspace, name: str) -> None:
    """Change a byte of a file."""
    path = workspace.root / name
    content = path.read_bytes()
    overwrite(path, bytes([content[0] ^ 1]) + content[1:])


def test_how_much_each_scope_reads(workspace: Workspace) -> None:
    """The whole: 3 receipts and 4 files. A chain: 2 and 3. A file: its chain, and itself."""
    digest = newest(workspace, "second").digest.hex
    counts = {
        target: (look(workspace, target).receipts, look(workspace, target).files)
        for target in (digest, "exports/second.jsonl", "exports/set", "set", "logs/a.jsonl")
    }
    assert counts == {
        digest: (2, 3),
        "exports/second.jsonl": (2, 1),
        "exports/set": (2, 3),
        "set": (2, 3),
        "logs/a.jsonl": (1, 1),
    }
    assert (look(workspace).receipts, look(workspace).files) == (3, 4)


def test_a_scope_says_what_was_not_looked_at(workspace: Workspace) -> None:
    """Sound is said of what was looked at, and the rest is named."""
    report = look(workspace, "set")
    assert report.is_sound
    (note,) = [note for note in report.notes if note.kind == "not_looked_at"]
    assert "1 other receipt" in note.meaning
    assert all(note.kind != "not_looked_at" for note in look(workspace).notes)


@pytest.mark.parametrize("name", ["exports/second.jsonl", "data/first.jsonl", "logs/a.jsonl"])
def test_a_receipt_stands_on_all_that_it_came_from(workspace: Workspace, name: str) -> None:
    """A change up to the raw log is found; one of another branch is not looked for."""
    digest = newest(workspace, "second").digest.hex[:8]
    change(workspace, name)
    assert name in {path for _, path in found(workspace, digest)}
    change(workspace, name)
    change(workspace, "exports/set/first.jsonl")
    assert found(workspace, digest) == set()
    assert found(workspace, digest, "set") == {("output_changed", "exports/set/first.jsonl")}


def test_a_dataset_with_a_file_too_many(workspace: Workspace) -> None:
    """Added beside its rows it is found, beside others it is not."""
    (workspace.root / "exports/set/more.jsonl").touch()
    assert found(workspace, "set") == {("file_added", "exports/set/more.jsonl")}
    assert found(workspace, "exports/set/more.jsonl") == found(workspace, "set")
    assert found(workspace, "exports/second.jsonl") == set()


def test_one_file(workspace: Workspace) -> None:
    """Its bytes, and the receipts that lead to it."""
    change(workspace, "exports/second.jsonl")
    assert found(workspace, "exports/second.jsonl") == {("output_changed", "exports/second.jsonl")}
    assert found(workspace, "data/first.jsonl") == set()
    absolute = str(workspace.root / "exports/second.jsonl")
    assert found(workspace, absolute) == found(workspace, "exports/second.jsonl")
    (workspace.root / "exports/second.jsonl").unlink()
    assert found(workspace, "exports/second.jsonl") == {("output_missing", "exports/second.jsonl")}


def test_a_damaged_receipt(workspace: Workspace) -> None:
    """Found by its digest, by its path and by what stands on it; not by what doesn't."""
    place = object_of(workspace, "second")
    digest = newest(workspace, "second").digest.hex
    change(workspace, place)
    for target in (digest, digest[:12], f"blake3:{digest}", place):
        assert found(workspace, target) == {("receipt_damaged", place)}
    assert found(workspace, "set") == set()


def test_a_parent_that_is_gone(workspace: Workspace) -> None:
    """What a dataset stands on is missed by it."""
    place = object_of(workspace, "first")
    (workspace.root / place).unlink()
    assert ("receipt_missing", place) in found(workspace, "set")


def test_the_ledger_is_always_looked_at(workspace: Workspace) -> None:
    """A receipt is worth what its ledger is."""
    path = workspace.root / LOG
    path.write_bytes(path.read_bytes().replace(b'"at":"2', b'"at":"1', 1))
    assert ("checkpoint_mismatch", LOG) in found(workspace, "exports/second.jsonl")


def test_an_older_receipt(workspace: Workspace) -> None:
    """Its outputs were replaced: checked where they are kept, and 11 where they are not."""
    old = newest(workspace, "first").digest.hex
    (workspace.root / "logs/a.jsonl").write_text('{"a":2}\n')
    build(workspace)
    assert found(workspace, old) == {("input_changed", "logs/a.jsonl")}
    (kept,) = [
        path for path in (workspace.root / "data/objects").iterdir() if b'"a"' in path.read_bytes()
    ]
    overwrite(kept, b"other")
    assert ("object_damaged", f"data/objects/{kept.name}") in found(workspace, old)
    kept.unlink()
    assert ("output_replaced", "data/first.jsonl") in found(workspace, old)
    assert ("output_replaced", "data/first.jsonl") not in found(workspace)


@pytest.mark.parametrize("target", ["", "nothing", "exports/nothing", "/etc/passwd", "../x", "00"])
def test_what_nothing_is_called(workspace: Workspace, target: str) -> None:
    """Wrong usage, and the hint tells what may be named."""
    with pytest.raises(ConfigurationError, match="is called") as caught:
        look(workspace, target)
    assert "dataset" in caught.value.hint


def test_digits_that_several_receipts_begin_with(workspace: Workspace) -> None:
    """The hint shows how to go on; a ledger line's digest counts too."""
    path = workspace.root / LOG
    digest = newest(workspace, "second").digest.hex
    other = digest[:8] + ("0" * 56 if digest[8] != "0" else "1" * 56)
    path.write_bytes(path.read_bytes().replace(digest.encode(), other.encode()))
    with pytest.raises(ConfigurationError, match="2 receipts begin"):
        look(workspace, digest[:8])
