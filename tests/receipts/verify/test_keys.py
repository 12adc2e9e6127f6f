"""A signed ledger: wrong, missing and foreign signatures, rotations, and keys kept elsewhere."""

import base64
import shutil
from pathlib import Path

import pytest

from distill.errors import ConfigurationError
from distill.receipts import VerificationRequest, Workspace, verify_workspace
from distill.receipts.ledger.checkpoint import key_id, read_note
from distill.receipts.ledger.keys import init_keys, revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.signing import new_keys
from distill.receipts.verify.keys import PinnedKey
from distill.receipts.verify.since import OldCheckpoint
from tests.receipts.verify.building import (
    CHECKPOINTS,
    LOG,
    build,
    checkpoint,
    kinds,
    lines,
    notes,
    overwrite,
    write_lines,
)

KEYS = "receipts/keys"


def signer(workspace: Workspace) -> str:
    """Return the id of the key that signed the newest checkpoint."""
    ledger = verify_workspace(workspace).ledger
    assert ledger is not None
    assert ledger.signed_by is not None
    return ledger.signed_by


def pin(workspace: Workspace, identity: str) -> VerificationRequest:
    """Return a request with the public key of this id."""
    path = workspace.root / KEYS / f"{identity}.checkpoint.pem"
    return VerificationRequest(pinned=(PinnedKey.read(path.read_bytes(), path.name),))


def since(workspace: Workspace, size: int) -> VerificationRequest:
    """Return a request with an auditor's copy of the checkpoint of this size."""
    content = (workspace.root / checkpoint(size)).read_bytes()
    return VerificationRequest(since=(OldCheckpoint.read(content, "kept"),))


def change_text(path: Path) -> None:
    """Change one base64 digit of a checkpoint's signature."""
    content = path.read_bytes()
    place = content.index("— ".encode()) + 60
    other = b"A" if content[place : place + 1] != b"A" else b"B"
    overwrite(path, content[:place] + other + content[place + 1 :])


def test_a_signed_ledger_is_sound(signed: Workspace) -> None:
    """Every checkpoint bears both signatures; that the keys are its own word is noted."""
    assert verify_workspace(signed).is_sound
    assert notes(signed) == ["keys_not_pinned"]
    assert kinds(signed, pin(signed, signer(signed))) == set()


def test_a_rotation_and_a_revocation_are_sound(signed: Workspace) -> None:
    """Old and new key sign; what the old one signed stays signed; without keys it goes on so."""
    old = signer(signed)
    new = rotate_keys(signed).id
    (signed.root / "logs/a.jsonl").write_text('{"a":2}\n')
    build(signed)
    assert verify_workspace(signed).is_sound
    assert kinds(signed, pin(signed, old)) == set()
    assert kinds(signed, pin(signed, new)) == set()
    revoke_key(signed, old, "lost")
    revoke_key(signed, new, "tired")
    build(signed)
    assert verify_workspace(signed).is_sound
    assert kinds(signed, pin(signed, old)) == {("key_unknown", LOG)}


@pytest.mark.parametrize("size", range(2, 7))
def test_a_wrong_signature(signed: Workspace, size: int) -> None:
    """A changed digit of either signature is found by the file."""
    change_text(signed.root / checkpoint(size))
    found = kinds(signed)
    assert ("signature_wrong", checkpoint(size)) in found
    assert ("signature_wrong", checkpoint(size) + ".p256") in found
    place = signed.root / (checkpoint(size - 1 or 1) + ".p256")
    if place.exists():
        overwrite(place, place.read_bytes()[:-1] + b"\x00\x01")
        assert ("signature_wrong", f"{CHECKPOINTS}/{place.name}") in kinds(signed)


def test_base64_that_is_spelled_otherwise(signed: Workspace) -> None:
    """Stray bits in the last digit decode to the same bytes, and are refused."""
    path = signed.root / checkpoint(6)
    head, _, last = path.read_bytes().rstrip(b"\n").rpartition(b" ")
    assert len(base64.b64decode(last)) == 68
    assert last.endswith(b"=")
    stem = last.rstrip(b"=")
    other = bytes([stem[-1] + 1])
    respelled = stem[:-1] + other + last[len(stem) :]
    assert base64.b64decode(respelled) == base64.b64decode(last)
    overwrite(path, head + b" " + respelled + b"\n")
    assert ("checkpoint_damaged", checkpoint(6)) in kinds(signed)


def test_a_downgrade_to_unsigned(signed: Workspace) -> None:
    """A checkpoint without its signature line is a fault once a key was active."""
    path = signed.root / checkpoint(6)
    overwrite(path, path.read_bytes().split("— ".encode())[0])
    assert ("checkpoint_unsigned", checkpoint(6)) in kinds(signed)
    assert verify_workspace(signed).exit_code == 10


def test_a_p256_signature_that_is_gone(signed: Workspace) -> None:
    """Both signatures must be there: tools that can't load Ed25519 need the second."""
    (signed.root / (checkpoint(4) + ".p256")).unlink()
    assert kinds(signed) == {("checkpoint_unsigned", checkpoint(4) + ".p256")}


def test_signed_again_with_another_key(signed: Workspace) -> None:
    """A foreign key's signature over the right bytes is a key that was never active."""
    pair = new_keys()
    path = signed.root / checkpoint(6)
    note = pair.sign_note(read_note(path.read_bytes()).checkpoint)
    overwrite(path, note.content)
    overwrite(path.with_name(path.name + ".p256"), pair.sign_p256(note.content))
    assert ("key_unknown", checkpoint(6)) in kinds(signed)
    assert ("signature_wrong", checkpoint(6) + ".p256") in kinds(signed)


def test_a_signature_before_any_key(signed: Workspace) -> None:
    """The genesis came before the key: nobody could sign it."""
    path = signed.root / checkpoint(1)
    note = new_keys().sign_note(read_note(path.read_bytes()).checkpoint)
    overwrite(path, note.content)
    assert ("key_unknown", checkpoint(1)) in kinds(signed)


def test_a_key_that_nobody_vouches_for(signed: Workspace) -> None:
    """A second `add` is what a lost key looks like, and a thief's: 11, and 10 for who pinned."""
    old = signer(signed)
    request = pin(signed, old)
    init_keys(signed, is_old_lost=True)
    assert kinds(signed) == {("key_unendorsed", LOG)}
    assert verify_workspace(signed).exit_code == 11
    assert ("key_unknown", LOG) in kinds(signed, request)
    assert verify_workspace(signed, request).exit_code == 10


def test_a_pinned_key_that_never_signed(signed: Workspace, built_unsigned: Path) -> None:
    """Another key, or a ledger without any, is not what the auditor trusts."""
    stranger = VerificationRequest(pinned=(PinnedKey("mine", b"\x01" * 32),))
    assert kinds(signed, stranger) == {("key_unknown", LOG)}
    assert ("key_unknown", LOG) in kinds(Workspace(built_unsigned), stranger)


def test_a_doctored_key_entry(signed: Workspace) -> None:
    """The entry's own signature no longer fits, and nothing that the key signed is believed."""
    made = lines(signed)
    assert b'"entry":"key"' in made[1]
    write_lines(signed, [made[0], made[1].replace(b'"at":"2', b'"at":"1'), *made[2:]])
    found = kinds(signed)
    assert ("signature_wrong", LOG) in found
    assert ("checkpoint_mismatch", LOG) in found


def test_public_key_files(signed: Workspace) -> None:
    """Each says what the ledger says; a changed, missing or added one is named."""
    identity = signer(signed)
    for name in (f"{identity}.checkpoint.pem", f"{identity}.vkey", "allowed_signers"):
        path = signed.root / KEYS / name
        content = path.read_bytes()
        path.write_bytes(content.replace(b"A", b"B", 1))
        assert kinds(signed) == {("key_file_changed", f"{KEYS}/{name}")}
        path.unlink()
        assert kinds(signed) == {("key_file_changed", f"{KEYS}/{name}")}
        path.write_bytes(content)
    (signed.root / KEYS / "mine.pem").write_bytes(b"")
    assert kinds(signed) == {("file_added", f"{KEYS}/mine.pem")}


def test_a_pinned_key_in_both_forms(signed: Workspace) -> None:
    """PEM and vkey hold the same key; anything else is wrong usage."""
    identity = signer(signed)
    folder = signed.root / KEYS
    pem = PinnedKey.read((folder / f"{identity}.checkpoint.pem").read_bytes(), "k")
    vkey = PinnedKey.read((folder / f"{identity}.vkey").read_bytes(), "k")
    assert pem == vkey
    origin = lines(signed)[0].split(b'"')[-2].decode()
    assert key_id(origin, pem.public) == identity
    attestation = (folder / f"{identity}.attestation.pem").read_bytes()
    for wrong in (b"", b"a+b+c", b"x", attestation, b"\xff"):
        with pytest.raises(ConfigurationError, match="no Ed25519"):
            PinnedKey.read(wrong, "k")


@pytest.mark.parametrize("size", range(1, 7))
def test_since_an_old_checkpoint(signed: Workspace, size: int) -> None:
    """A ledger that only grew goes on from every checkpoint that it ever had."""
    request = since(signed, size)
    (signed.root / "logs/a.jsonl").write_text('{"a":2}\n')
    build(signed)
    assert kinds(signed, request) == set()


def test_since_finds_a_rewritten_history(
    signed: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Rebuilt from doctored logs with the very keys: sound in itself, and not for the auditor."""
    request = since(signed, 6)
    for name in ("receipts", "data", "exports"):
        shutil.rmtree(signed.root / name)
    (signed.root / "logs/a.jsonl").write_text('{"a":"doctored"}\n')
    keys = signed.root / ".distill/keys"
    (private,) = keys.glob("*.checkpoint.pem")
    away = tmp_path_factory.mktemp("keys")
    second = private.with_name(private.name.replace("checkpoint", "attestation"))
    init_keys(signed, given=(private.rename(away / "a"), second.rename(away / "b")))
    build(signed)
    assert kinds(signed) == set()
    assert kinds(signed, request) == {("history_rewritten", LOG)}


def test_since_finds_a_tail_that_was_cut(signed: Workspace) -> None:
    """Lines, objects and checkpoints cut off together leave a sound ledger, but a shorter one."""
    request = since(signed, 6)
    write_lines(signed, lines(signed)[:4])
    for size in (5, 6):
        (signed.root / checkpoint(size)).unlink()
        (signed.root / (checkpoint(size) + ".p256")).unlink()
    assert ("history_rewritten", LOG) not in kinds(signed)
    assert ("history_rewritten", LOG) in kinds(signed, request)


def test_since_with_another_signature(signed: Workspace) -> None:
    """A copy that a foreign key signed is no copy of ours, though the root fits."""
    note = read_note((signed.root / checkpoint(6)).read_bytes())
    foreign = new_keys().sign_note(note.checkpoint)
    request = VerificationRequest(since=(OldCheckpoint("kept", foreign),))
    assert kinds(signed, request) == {("key_unknown", "kept")}


def test_what_is_no_checkpoint_is_wrong_usage() -> None:
    """The auditor named another file: exit code 2, not a verdict."""
    with pytest.raises(ConfigurationError, match="kept"):
        OldCheckpoint.read(b"hello\n", "kept")


def test_a_crash_between_signature_and_checkpoint(signed: Workspace) -> None:
    """The next checkpoint's P-256 signature may lie there alone: 11 until the next append."""
    (signed.root / checkpoint(6)).unlink()
    assert kinds(signed) == {("ledger_unfinished", checkpoint(6))}
    Ledger(signed).settle()
    assert verify_workspace(signed).is_sound
