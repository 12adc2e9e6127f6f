"""Changes that hang together: what somebody does who knows the format as well as we do.

Everything derived is made anew, so that nothing in the workspace contradicts the forgery but a
signature that the forger can't make, or what an auditor keeps elsewhere.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from distill.receipts.digest import fingerprint_file
from distill.receipts.ledger.checkpoint import Checkpoint, Note, key_id
from distill.receipts.ledger.entries import (
    Genesis,
    KeyAction,
    KeyChange,
    KeySignature,
    Recorded,
    read_entry,
    recorded,
    write_entry,
)
from distill.receipts.ledger.key_files import write_public_files
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Content
from distill.receipts.ledger.signing import KeyPair, load_keys, new_keys
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from tests.tamper.changes import CHECKPOINTS, LOG, Change, put

EXPORT = "exports/sft/train-00000.jsonl"
Signer = Callable[[int], KeyPair | None]
Forgery = Callable[[Path], None]


def forgeries(root: Path, doctored: Path, *, signed: bool) -> Iterator[Change]:
    """Yield every forgery of this workspace; ``doctored`` is one made from other logs."""

    def change(row: str, apply: Forgery, *paths: str) -> Change:
        return Change(row, paths or (LOG,), apply, is_wide=True)

    size = len(lines_of(root))
    newest = f"{CHECKPOINTS}/{size:016d}"
    yield change(
        "a row is changed, and its receipt, the ledger and the checkpoints are made anew,"
        " without signatures",
        lambda at: write_ledger(at, doctor(at), lambda _: None),
    )
    yield change(
        "the workspace is put back to what it was some runs ago", lambda at: roll_back(at, size - 4)
    )
    yield change(
        "everything is made anew from doctored logs, without signatures",
        lambda at: take_over(at, doctored, lines_of(doctored), lambda _: None),
    )
    yield change(
        "the newest checkpoint is replaced by an older one",
        lambda at: _copy_checkpoint(at, size - 1, size),
        newest,
    )
    yield change("the newest checkpoint is deleted", lambda at: _drop(at, size), newest)
    yield change("the two newest checkpoints are deleted", lambda at: _drop(at, size - 1, size))
    if signed:
        yield from _with_keys(root, doctored, change, newest)


def _with_keys(
    root: Path, doctored: Path, change: Callable[..., Change], newest: str
) -> Iterator[Change]:
    lines, true, other = lines_of(root), own_keys(root), new_keys()
    size = len(lines)
    from_key = _first_signed(lines)

    def by(pair: KeyPair) -> Signer:
        return lambda n: pair if n >= from_key else None

    yield change(
        "a row is changed, and all is made anew and signed with another key in place of the true",
        lambda at: write_ledger(at, with_key(doctor(at), other), by(other)),
    )
    yield change(
        "a row is changed, and all is made anew and signed with the true key",
        lambda at: write_ledger(at, doctor(at), by(true)),
    )
    foreign = lines_of(doctored)
    yield change(
        "everything is made anew from doctored logs, and signed with another key",
        lambda at: take_over(
            at, doctored, with_key([foreign[0], lines[1], *foreign[1:]], other), by(other)
        ),
    )
    yield change(
        "everything is made anew from doctored logs, under the same name with the true key",
        lambda at: take_over(at, doctored, [*lines[:2], *foreign[1:]], by(true)),
    )
    yield change(
        "the newest checkpoint is signed again with another key",
        lambda at: write_checkpoint(at, lines, size, other),
        newest,
    )
    yield change(
        "the signatures are taken from all checkpoints",
        lambda at: write_ledger(at, lines, lambda _: None),
        newest,
    )
    added = [*lines, key_line(lines, other, "add")]
    yield change(
        "somebody else's key is added to the ledger, and signs from there on",
        lambda at: write_ledger(at, added, lambda n: other if n > size else by(true)(n)),
    )
    rotated = [*lines, key_line(lines, other, "rotate")]
    yield change(
        "somebody else's key takes over without the true key's signature",
        lambda at: write_ledger(at, rotated, lambda n: other if n > size else by(true)(n)),
    )


def lines_of(root: Path) -> list[bytes]:
    """Return the ledger's lines, without newlines."""
    return (root / LOG).read_bytes().splitlines()


def own_keys(root: Path) -> KeyPair:
    """Return the workspace's own private keys, as somebody has them who can read its folder."""
    (checkpoint,) = (root / ".distill/keys").glob("*.checkpoint.pem")
    (attestation,) = (root / ".distill/keys").glob("*.attestation.pem")
    return load_keys(checkpoint, attestation)


def write_ledger(root: Path, lines: list[bytes], signer: Signer) -> None:
    """Write a ledger of these lines with every checkpoint, its public keys, and no refs."""
    put(root / LOG, b"".join(line + b"\n" for line in lines))
    shutil.rmtree(root / CHECKPOINTS)
    (root / CHECKPOINTS).mkdir()
    for size in range(1, len(lines) + 1):
        write_checkpoint(root, lines, size, signer(size))
    shutil.rmtree(root / "receipts/keys", ignore_errors=True)
    write_public_files(Workspace(root), _origin(lines), Keyring.of_lines(lines))
    shutil.rmtree(root / "receipts/refs", ignore_errors=True)


def write_checkpoint(root: Path, lines: list[bytes], size: int, pair: KeyPair | None) -> None:
    """Write the checkpoint over the first lines, signed by a pair or not."""
    checkpoint = Checkpoint(_origin(lines), size, Content(tuple(lines), b"").root(size))
    note = Note(checkpoint, None) if pair is None else pair.sign_note(checkpoint)
    place = root / CHECKPOINTS / f"{size:016d}"
    put(place, note.content)
    if pair is not None:
        put(place.with_name(f"{place.name}.p256"), pair.sign_p256(note.content))


def doctor(root: Path) -> list[bytes]:
    """Change a row of the SFT set, and its receipt with it; return the ledger's lines with both."""
    path = root / EXPORT
    put(path, path.read_bytes().replace(b"Two.", b"Twa."))
    found, _ = fingerprint_file(path)
    store = ReceiptStore(Workspace(root))
    old = store.newest_passed("export_sft")
    assert old is not None
    outputs = tuple(
        replace(entry, bytes=found.bytes, blake3=found.blake3, sha256=found.sha256, root=found.root)
        if entry.path == EXPORT
        else entry
        for entry in old.claim.outputs
    )
    new = Receipt(replace(old.claim, outputs=outputs), old.run)
    assert new.digest != old.digest
    store.path_of(old.digest).unlink()
    store.put(new, "forged")
    return [write_entry(recorded(new)) if _records(line, old) else line for line in lines_of(root)]


def with_key(lines: list[bytes], pair: KeyPair) -> list[bytes]:
    """Return lines in which the second brings this pair, and signs for it."""
    return [lines[0], key_line(lines[:1], pair, "add"), *lines[2:]]


def key_line(lines: list[bytes], pair: KeyPair, action: KeyAction) -> bytes:
    """Return the line after these that brings a pair, signed by the pair alone."""
    origin = _origin(lines)
    change = KeyChange(
        action=action,
        at="2026-01-31T08:00:00.000Z",
        attestation=pair.attestation_public,
        checkpoint=pair.checkpoint_public,
        id=key_id(origin, raw_ed25519(pair.checkpoint_public)),
        index=len(lines),
        origin=origin,
        reason=None,
        signatures=(),
    )
    signature = KeySignature(change.id, pair.sign(change.message))
    return write_entry(replace(change, signatures=(signature,)))


def roll_back(root: Path, size: int) -> None:
    """Leave what was there when the ledger had so many lines; nothing of it is new."""
    lines = lines_of(root)[:size]
    put(root / LOG, b"".join(line + b"\n" for line in lines))
    for path in list((root / CHECKPOINTS).iterdir()):
        if int(path.name[:16]) > size:
            path.unlink()
    for path in list((root / "receipts/objects").glob("*/*")):
        if path.name.encode() not in b"".join(lines):
            path.unlink()
    shutil.rmtree(root / "receipts/refs")
    _put_outputs_back(root)


def _put_outputs_back(root: Path) -> None:
    """Take former versions of outputs back from where they are kept, and remove what is newer."""
    kept = root / "data/objects"
    named = set()
    for receipt in ReceiptStore(Workspace(root)).current():
        for entry in receipt.claim.outputs:
            named.add(entry.path)
            if (kept / entry.blake3.hex).exists():
                put(root / entry.path, (kept / entry.blake3.hex).read_bytes())
                (kept / entry.blake3.hex).unlink()
        for entry in receipt.claim.inputs:
            if entry.path == "notes.txt":
                put(root / entry.path, b"one\n" if entry.bytes == 4 else b"one\ntwo\n")
    for path in [p for p in (root / "exports").rglob("*") if p.is_file()]:
        if path.relative_to(root).as_posix() not in named:
            path.unlink()


def take_over(root: Path, doctored: Path, lines: list[bytes], signer: Signer) -> None:
    """Put everything of another workspace in the place of this one's, its ledger rewritten."""
    for name in ("receipts", "exports", "data", "quarantine", "logs"):
        shutil.rmtree(root / name)
        shutil.copytree(doctored / name, root / name)
    shutil.copy(doctored / "notes.txt", root / "notes.txt")
    write_ledger(root, lines, signer)


def _copy_checkpoint(root: Path, old: int, new: int) -> None:
    for suffix in ("", ".p256"):
        source = root / CHECKPOINTS / f"{old:016d}{suffix}"
        if source.exists():
            put(root / CHECKPOINTS / f"{new:016d}{suffix}", source.read_bytes())


def _drop(root: Path, *sizes: int) -> None:
    for size in sizes:
        for path in (root / CHECKPOINTS).glob(f"{size:016d}*"):
            path.unlink()


def _origin(lines: list[bytes]) -> str:
    first = read_entry(lines[0])
    assert isinstance(first, Genesis)
    return first.origin


def _records(line: bytes, receipt: Receipt) -> bool:
    entry = read_entry(line)
    return isinstance(entry, Recorded) and entry.blake3 == receipt.digest


def _first_signed(lines: list[bytes]) -> int:
    """Return the size from which on checkpoints are signed."""
    return 1 + next(i for i, line in enumerate(lines) if isinstance(read_entry(line), KeyChange))
