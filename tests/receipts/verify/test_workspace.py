"""verify_workspace: sound is sound, and every kind of damage is named."""

import os
from pathlib import Path

import pytest

from distill.receipts import Workspace, verify_workspace
from distill.receipts.canonical import dumps
from distill.receipts.digest import digest_bytes
from distill.receipts.reader import read_receipt
from distill.receipts.scope import workspace_scope
from distill.receipts.store import ReceiptStore
from tests.receipts.samples import RECEIPT, changed, raw
from tests.receipts.verify.building import build, first, kinds, newest


def test_what_was_written_is_sound(built: Workspace) -> None:
    """Nothing touched, nothing found; the report says how much was looked at."""
    report = verify_workspace(built)
    assert report.faults == ()
    assert (report.is_sound, report.exit_code) == (True, 0)
    assert (report.receipts, report.files) == (2, 3)


def test_an_empty_workspace_is_sound(workspace: Workspace) -> None:
    """Where nothing ran there is nothing to doubt."""
    assert verify_workspace(workspace).exit_code == 0


@pytest.mark.parametrize("name", ["data/first.jsonl", "exports/second.jsonl", "logs/a.jsonl"])
def test_every_byte_of_a_named_file_counts(built: Workspace, name: str) -> None:
    """A flipped bit anywhere is found, and the file is named."""
    path = built.root / name
    content = path.read_bytes()
    before = path.stat()
    kind = "input_changed" if name.startswith("logs") else "output_changed"
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        report = verify_workspace(built)
        assert (kind, name) in {(fault.kind, fault.path) for fault in report.faults}
        assert report.exit_code == 10
    path.write_bytes(content)
    assert verify_workspace(built).is_sound


@pytest.mark.parametrize("where", ["receipts/objects", "receipts/refs"])
def test_every_byte_of_a_receipt_counts(built: Workspace, where: str) -> None:
    """A flipped bit in a receipt or a ref is found, and the file is named."""
    for path in [p for p in (built.root / where).rglob("*") if p.is_file()]:
        path.chmod(0o644)
        content = path.read_bytes()
        for place in range(0, len(content), 7):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            named = {fault.path for fault in verify_workspace(built).faults}
            assert path.relative_to(built.root).as_posix() in named, place
        path.write_bytes(content)
    assert verify_workspace(built).is_sound


def test_files_that_are_gone(built: Workspace) -> None:
    """A missing output is a fault; a missing raw log only can't be checked, and is named."""
    (built.root / "logs/a.jsonl").unlink()
    report = verify_workspace(built)
    assert kinds(built) == {("input_absent", "logs/a.jsonl")}
    assert report.exit_code == 11
    (built.root / "data/first.jsonl").unlink()
    assert ("output_missing", "data/first.jsonl") in kinds(built)
    assert verify_workspace(built).exit_code == 10


def test_an_output_that_is_a_link(built: Workspace) -> None:
    """A link to the very same bytes is no output, and one that leads out is not followed."""
    path = built.root / "exports/second.jsonl"
    path.rename(built.root / "moved")
    path.symlink_to(built.root / "moved")
    assert kinds(built) == {("output_missing", "exports/second.jsonl")}
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert kinds(built) == {("path_refused", "exports/second.jsonl")}


def test_a_deleted_receipt(built: Workspace) -> None:
    """Its ref leads nowhere and its child's chain is broken."""
    parent = ReceiptStore(built).path_of(newest(built, "first").digest)
    parent.unlink()
    child = ReceiptStore(built).path_of(newest(built, "second").digest)
    assert kinds(built) == {
        ("receipt_missing", parent.relative_to(built.root).as_posix()),
        ("ref_dangling", "receipts/refs/first"),
        ("chain_broken", child.relative_to(built.root).as_posix()),
    }


def test_an_upstream_rebuild_is_no_fault(built: Workspace) -> None:
    """A child that is only stale is no fault: the newer receipt answers for the file."""
    (built.root / "logs/a.jsonl").write_text('{"a":2}\n')
    with workspace_scope(built):
        first([Path("logs/a.jsonl")], target=Path("data/first.jsonl"))
    assert verify_workspace(built).faults == ()
    for path in (built.root / "data/objects").iterdir():
        path.unlink()
    assert verify_workspace(built).faults == ()  # pruned


def test_a_kept_version_that_is_damaged(built: Workspace) -> None:
    """What is kept in data/objects must be what its name says."""
    (built.root / "logs/a.jsonl").write_text('{"a":2}\n')
    build(built)
    (kept, *_) = (built.root / "data/objects").iterdir()
    kept.write_bytes(b"other")
    assert kinds(built) == {("object_damaged", kept.relative_to(built.root).as_posix())}


def test_an_unknown_root_cant_be_checked(built: Workspace, tmp_path: Path) -> None:
    """A receipt that names a root which this machine doesn't has says so: 11, not 10."""
    rooted = Workspace(built.root, {"far": tmp_path.parent})
    log = tmp_path.parent / f"{tmp_path.name}.jsonl"
    log.write_text("1\n")
    with workspace_scope(rooted):
        first([log], target=Path("other.jsonl"))
    assert verify_workspace(rooted).exit_code == 0
    assert kinds(built) == {("root_unknown", f"far:{log.name}")}
    assert verify_workspace(built).exit_code == 11


FORGED: dict[str, tuple[str, object, str]] = {
    "a law": ("claim|laws|0|left|a", 7, "law_broken"),
    "the key": ("claim|key", "0" * 64, "receipt_inconsistent"),
    "the code": ("claim|code|digest", "0" * 64, "receipt_inconsistent"),
    "a check": ("claim|validation|checks|0|passed", False, "receipt_inconsistent"),
    "an error": ("run|error", {"type": "E", "message": "m"}, "receipt_inconsistent"),
    "a parent": ("run|parents", ["0" * 64], "chain_broken"),
    "a claimed parent": (
        "claim|parents",
        [{"stage": "x", "claim": "0" * 64}],
        "chain_broken",
    ),
    "a way out": ("claim|outputs|0|path", "nowhere:x", "root_unknown"),
}


@pytest.mark.parametrize(("place", "value", "kind"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_receipt(workspace: Workspace, place: str, value: object, kind: str) -> None:
    """A receipt that was rewritten with a fitting name is caught where it contradicts itself."""
    forge(workspace, changed(place, value, receipt=consistent()))
    assert kind in {fault.kind for fault in verify_workspace(workspace).faults}


def test_the_forger_s_sample_is_consistent(workspace: Workspace) -> None:
    """Without the forged field nothing but the missing files is found."""
    forge(workspace, consistent())
    found = {fault.kind for fault in verify_workspace(workspace).faults}
    assert found == {"output_missing", "input_absent", "ledger_missing"}


def consistent() -> dict[str, object]:
    """Return the sample with digests that follow from its parts, and no parents."""
    from distill.receipts.key import KeyParts  # noqa: PLC0415

    made = changed("claim|parents", [])
    made = changed("run|parents", [], receipt=made)
    code = digest_bytes(dumps(made["claim"]["code"]["files"])).hex
    made = changed("claim|code|digest", code, receipt=made)
    key = KeyParts.of_claim(read_receipt(raw(made)).claim).digest().hex
    return changed("claim|key", key, receipt=made)


def forge(workspace: Workspace, value: object) -> None:
    """Put a receipt under its right name."""
    content = raw(value)
    name = digest_bytes(content).hex
    path = workspace.root / "receipts/objects" / name[:2] / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x"])
def test_a_receipt_that_names_the_outside(workspace: Workspace, path: str) -> None:
    """A receipt that points outside is damaged; the file is never opened."""
    forge(workspace, changed("claim|inputs|0|path", path, receipt=RECEIPT))
    (fault,) = verify_workspace(workspace).faults
    assert fault.kind == "receipt_damaged"
    assert path in fault.meaning
