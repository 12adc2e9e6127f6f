"""The store: what was put is found under its digest; what was corrupted is never believed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.errors import VerificationError
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.durable import sync_all
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import MAX_RECEIPT_BYTES, Receipt
from distill.receipts.refs import read_heads
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from tests.receipts.samples import RECEIPT, changed, raw


def receipt(second: int, *, failed: bool = False, slot: str = "out") -> Receipt:
    """Return a receipt of the sample stage, started at a second."""
    made = changed("run|started_at", f"2026-01-31T08:00:{second:02d}.000Z")
    made = changed("claim|targets|0|path", slot, receipt=made)
    if failed:
        made = changed("claim|validation|status", "failed", receipt=made)
        made = changed("run|error", {"type": "E", "message": "m"}, receipt=made)
    return read_receipt(raw(made))


@pytest.fixture
def store(workspace: Workspace) -> ReceiptStore:
    """An empty store."""
    return ReceiptStore(workspace)


def keep(store: ReceiptStore, *receipts: Receipt) -> None:
    """Put receipts and point the ref at each."""
    for one in receipts:
        store.put(one, "token")
        with store.pointing(one, "token") as refs:
            sync_all(refs)


def test_a_name_is_the_digest_of_the_bytes(store: ReceiptStore) -> None:
    """The object lies under its BLAKE3, read-only, with no temporary file beside it."""
    digest = store.put(receipt(1), "token")
    path = store.path_of(digest)
    assert path == store.objects / digest.hex[:2] / digest.hex
    assert digest_bytes(path.read_bytes()) == digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert list(path.parent.iterdir()) == [path]
    assert store.get(digest) == receipt(1)


def test_putting_twice_changes_nothing(store: ReceiptStore) -> None:
    """A receipt that is there stays the same file."""
    before = store.path_of(store.put(receipt(1), "one")).stat()
    after = store.path_of(store.put(receipt(1), "two")).stat()
    assert before.st_ino == after.st_ino
    assert len(list(store.all())) == 1


def test_a_damaged_object_is_put_aside(store: ReceiptStore) -> None:
    """Putting a receipt whose name is taken by other bytes keeps those and puts it right."""
    path = store.path_of(store.put(receipt(1), "one"))
    path.chmod(0o644)
    path.write_bytes(b"other")
    store.put(receipt(1), "two")
    assert path.read_bytes() == receipt(1).content
    aside = list((store.workspace.root / ".distill/damaged").iterdir())
    assert [one.read_bytes() for one in aside] == [b"other"]


def flip(path: Path) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)


def link_away(path: Path) -> None:
    """Put a link to the same bytes in the file's place."""
    moved = path.with_name("moved")
    path.rename(moved)
    path.symlink_to(moved)


def put_folder(path: Path) -> None:
    """Put a folder in the file's place."""
    path.unlink()
    path.mkdir()


def put_pipe(path: Path) -> None:
    """Put a pipe in the file's place."""
    path.unlink()
    os.mkfifo(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "byte flipped": flip,
    "truncated": lambda path: os.truncate(path, 100),
    "emptied": lambda path: os.truncate(path, 0),
    "deleted": Path.unlink,
    "a link": link_away,
    "a folder": put_folder,
    "a pipe": put_pipe,
    "huge": lambda path: os.truncate(path, MAX_RECEIPT_BYTES + 1),
    "unreadable JSON": lambda path: path.write_bytes(b"{}\n"),
    "another receipt": lambda path: path.write_bytes(receipt(59).content),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_receipt_is_never_believed(
    store: ReceiptStore, damage: Callable[[Path], object]
) -> None:
    """Reading it is an error of ours; looking for the newest finds the next sound one."""
    keep(store, receipt(1), receipt(2))
    path = store.path_of(receipt(2).digest)
    path.chmod(0o644)
    damage(path)
    with pytest.raises(VerificationError):
        store.get(receipt(2).digest)
    assert store.newest_passed("copy") == receipt(1)
    assert list(store.all()) == [receipt(1)]


def test_strangers_among_the_objects_are_reported(store: ReceiptStore) -> None:
    """A file that is no receipt is told of, and does not hide the others."""
    keep(store, receipt(1))
    (store.objects / "README").write_text("x")
    (store.objects / "zz").mkdir()
    (store.objects / "zz" / ("0" * 64)).write_text("x")
    faults = [path.name for path, entry in store.entries() if not isinstance(entry, Receipt)]
    assert sorted(faults) == ["0" * 64, "README"]
    assert list(store.all()) == [receipt(1)]


def test_newest_and_newest_passed(store: ReceiptStore) -> None:
    """A failed receipt is the newest, and never the newest that passed."""
    keep(store, receipt(1), receipt(2), receipt(3, failed=True))
    assert store.newest("copy") == receipt(3, failed=True)
    assert store.newest_passed("copy") == receipt(2)
    assert store.newest("other") is None


def test_slots_are_kept_apart(store: ReceiptStore) -> None:
    """Calls that write elsewhere have heads of their own."""
    keep(store, receipt(2), receipt(1, slot="elsewhere"))
    slot = receipt(1, slot="elsewhere").slot
    assert store.newest("copy") == receipt(2)
    assert store.newest("copy", slot) == receipt(1, slot="elsewhere")
    current = {one.digest for one in store.current()}
    assert current == {receipt(2).digest, receipt(1, slot="elsewhere").digest}


def test_refs_can_be_rebuilt(store: ReceiptStore) -> None:
    """Without refs the same heads are found from the receipts alone."""
    keep(store, receipt(1), receipt(3), receipt(2, slot="elsewhere"))
    keep(store, receipt(4, failed=True))
    ref = store.refs / "copy"
    kept = read_heads(ref.read_bytes())
    ref.unlink()
    assert store.heads("copy") == kept
    assert store.stages() == ("copy",)
    (store.refs / ".stages").unlink()
    assert store.stages() == ("copy",)


@pytest.mark.parametrize("name", ["copy", ".stages"])
def test_a_pipe_or_a_device_in_a_refs_place_is_not_waited_for(
    store: ReceiptStore, name: str
) -> None:
    """Only a plain file is a ref; else the heads are found again, at once."""
    keep(store, receipt(1))
    heads = store.heads("copy")
    (store.refs / name).unlink()
    os.mkfifo(store.refs / name)
    assert (store.heads("copy"), store.stages()) == (heads, ("copy",))
    (store.refs / name).unlink()
    (store.refs / name).symlink_to("/dev/zero")
    assert (store.heads("copy"), store.stages()) == (heads, ("copy",))


def test_a_stage_whose_ref_is_gone_is_still_known(store: ReceiptStore) -> None:
    """One deleted ref among others hides no stage: its outputs still have a maker."""
    other = read_receipt(raw(changed("claim|stage", "other")))
    keep(store, receipt(1), other)
    (store.refs / "copy").unlink()
    assert store.stages() == ("copy", "other")
    assert {one.digest for one in store.current()} == {receipt(1).digest, other.digest}


def test_outputs_are_those_that_the_receipt_names(store: ReceiptStore) -> None:
    """Children read what the newest passing receipt names, and nothing that lies beside it."""
    assert store.outputs_of("copy") == ()
    keep(store, receipt(1))
    (store.workspace.root / "out").mkdir()
    (store.workspace.root / "out/stranger.txt").touch()
    assert store.outputs_of("copy") == (store.workspace.root / "out/a.txt",)


def test_the_sample_is_canonical() -> None:
    """The sample is what the writer would write."""
    assert read_receipt(raw(RECEIPT)).digest == Digest(digest_bytes(raw(RECEIPT)).hex)
