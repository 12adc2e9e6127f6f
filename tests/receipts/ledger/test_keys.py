"""Keys: two roles, rotation by both, revocation, and no signature that anybody could have made."""

import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from distill.errors import ConfigurationError
from distill.receipts.ledger.checkpoint import key_id
from distill.receipts.ledger.entries import Entry, KeyChange, KeySignature
from distill.receipts.ledger.key_files import VARIABLE, private_folder, public_folder
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.keys import init_keys, publish_keys, revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger, read_checkpoint
from distill.receipts.ledger.signing import (
    new_keys,
    verify_ed25519,
    verify_p256,
    write_private,
)
from distill.receipts.workspace import Workspace
from tests.receipts.ledger.building import keep, newest, receipt


def ring_of(workspace: Workspace) -> Keyring:
    """Return the keys that the ledger tells of."""
    return Keyring.of(Ledger(workspace).entries())


def test_both_signatures_verify_by_the_published_keys(workspace: Workspace) -> None:
    """Ed25519 over the note's text, P-256 over the file, by the pair that the ledger names."""
    keep(workspace, receipt(1))
    keys = init_keys(workspace)
    path = newest(Ledger(workspace))
    note = read_checkpoint(path)
    assert note.signature is not None
    assert note.signature.key_id == keys.id
    assert verify_ed25519(keys.checkpoint, note.signature.signature, note.checkpoint.body)
    detached = path.with_name(f"{path.name}.p256").read_bytes()
    assert verify_p256(keys.attestation, detached, path.read_bytes())
    assert not verify_p256(keys.attestation, detached, path.read_bytes() + b"\n")


def test_git_adds_no_private_key(workspace: Workspace) -> None:
    """Neither at first nor after a rotation."""
    keep(workspace, receipt(1))
    git = ["git", "-C", str(workspace.root)]
    subprocess.run([*git, "init", "-q"], check=True)
    init_keys(workspace)
    rotate_keys(workspace)
    subprocess.run([*git, "add", "-A"], check=True)
    listed = subprocess.run([*git, "ls-files"], check=True, capture_output=True, text=True).stdout
    assert "receipts/keys/" in listed
    assert ".distill/keys" not in listed
    assert (private_folder(workspace) / ".gitignore").read_text() == "*\n"


def test_openssl_verifies_what_we_signed(
    workspace: Workspace, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    """An auditor needs no code of ours: the published PEM files and openssl are enough."""
    openssl = require_tool("openssl")
    keys = init_keys(workspace)
    path, public = newest(Ledger(workspace)), public_folder(workspace)
    detached = [openssl, "dgst", "-sha256", "-verify", str(public / f"{keys.id}.attestation.pem")]
    subprocess.run(
        [*detached, "-signature", f"{path}.p256", str(path)], check=True, capture_output=True
    )
    note = read_checkpoint(path)
    assert note.signature is not None
    (tmp_path / "body").write_bytes(note.checkpoint.body)
    (tmp_path / "signature").write_bytes(note.signature.signature)
    raw = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"]
    files = ["-in", str(tmp_path / "body"), "-sigfile", str(tmp_path / "signature")]
    subprocess.run(
        [*raw, str(public / f"{keys.id}.checkpoint.pem"), *files], check=True, capture_output=True
    )


def test_a_key_id_is_that_of_signed_note(workspace: Workspace) -> None:
    """SHA-256(name, newline, 0x01, key), first four bytes, spelled out here once more."""
    keys = init_keys(workspace)
    origin = next(iter(Ledger(workspace).lines())).decode().split('"')[-2]
    public = raw_ed25519(keys.checkpoint)
    assert keys.id == sha256(origin.encode() + b"\n\x01" + public).hexdigest()[:8]


def test_private_keys_are_for_their_owner_alone(workspace: Workspace) -> None:
    """Folder 0700, files 0600, and no private byte below receipts/."""
    init_keys(workspace)
    folder = workspace.root / ".distill" / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.pem")} == {0o600}
    for path in (workspace.root / "receipts").rglob("*"):
        assert not path.is_file() or b"PRIVATE" not in path.read_bytes()


def test_a_private_key_is_never_overwritten(tmp_path: Path) -> None:
    """A file that is there stays."""
    (tmp_path / "key.pem").write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already"):
        write_private(tmp_path / "key.pem", new_keys().checkpoint)
    assert (tmp_path / "key.pem").read_text() == "mine"


def test_a_second_init_is_refused(workspace: Workspace) -> None:
    """A key that is active is replaced by a rotation only."""
    init_keys(workspace)
    with pytest.raises(ConfigurationError, match="signs this ledger already"):
        init_keys(workspace)


def test_given_keys_are_taken(workspace: Workspace, tmp_path: Path) -> None:
    """A pair from elsewhere signs; a file of another kind is refused by name."""
    pair = new_keys()
    first, second = tmp_path / "ed.pem", tmp_path / "ec.pem"
    write_private(first, pair.checkpoint)
    write_private(second, pair.attestation)
    with pytest.raises(ConfigurationError, match=r"ec\.pem is no Ed25519 key"):
        init_keys(workspace, given=(second, first))
    assert init_keys(workspace, given=(first, second)).checkpoint == pair.checkpoint_public


def test_a_rotation_is_signed_by_both_and_checkpoints_by_the_new(workspace: Workspace) -> None:
    """The old key vouches for the new one; each checkpoint bears the key of its size."""
    old = init_keys(workspace)
    keep(workspace, receipt(1))
    new = rotate_keys(workspace)
    keep(workspace, receipt(2))
    ring = ring_of(workspace)
    assert ring.troubles == ()
    assert ring.vouched_for_by(old.id) == {old.id, new.id}
    assert ring.vouched_for_by(new.id) == {new.id}
    for size, path in Ledger(workspace).checkpoint_files():
        signature = read_checkpoint(path).signature
        active = ring.active_at(size)
        assert (signature and signature.key_id) == (active and active.id)
    assert ring.active == new


def test_a_revoked_key_signs_no_more_and_what_it_signed_stays(workspace: Workspace) -> None:
    """After its revocation checkpoints are unsigned until another key comes."""
    keys = init_keys(workspace)
    before = newest(Ledger(workspace)).read_bytes()
    revoke_key(workspace, keys.id, "laptop lost")
    keep(workspace, receipt(1))
    ring = ring_of(workspace)
    assert ring.active is None
    assert ring.revoked == {keys.id}
    assert ring.troubles == ()
    assert read_checkpoint(newest(Ledger(workspace))).signature is None
    assert read_checkpoint(Ledger(workspace).checkpoint_files()[1][1]).content == before
    assert (public_folder(workspace) / "allowed_signers").read_text() == ""
    with pytest.raises(ConfigurationError, match="no unrevoked key"):
        revoke_key(workspace, keys.id, "again")


def test_a_key_in_place_of_a_lost_one_is_vouched_for_by_nobody(workspace: Workspace) -> None:
    """It signs, and every reader of the ledger is told."""
    old = init_keys(workspace)
    new = init_keys(workspace, is_old_lost=True)
    ring = ring_of(workspace)
    assert ring.active == new
    assert [trouble.kind for trouble in ring.troubles] == ["key_unendorsed"]
    assert ring.vouched_for_by(old.id) == {old.id}


def test_a_ledger_that_is_signed_is_not_continued_unsigned(workspace: Workspace) -> None:
    """Without the private key nothing is appended, and the message says where it is looked for."""
    keys = init_keys(workspace)
    (workspace.root / ".distill" / "keys" / f"{keys.id}.checkpoint.pem").unlink()
    before = Ledger(workspace).path.read_bytes()
    with pytest.raises(ConfigurationError, match="is not here"):
        keep(workspace, receipt(1))
    assert len(Ledger(workspace).checkpoint_files()) == 2
    assert Ledger(workspace).path.read_bytes() == before


def test_keys_may_lie_elsewhere(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DISTILL_KEYS names the folder; the workspace then holds no private key."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "vault"))
    keys = init_keys(workspace)
    assert (tmp_path / "vault" / f"{keys.id}.checkpoint.pem").is_file()
    assert not (workspace.root / ".distill" / "keys").exists()


def test_public_files_come_back_from_the_ledger(workspace: Workspace) -> None:
    """They are derived: removed or edited, they are written again as they were."""
    init_keys(workspace)
    before = {path.name: path.read_bytes() for path in public_folder(workspace).iterdir()}
    assert len(before) == 4
    for path in public_folder(workspace).iterdir():
        path.write_bytes(b"?")
    publish_keys(workspace)
    assert {p.name: p.read_bytes() for p in public_folder(workspace).iterdir()} == before


def key_entries(workspace: Workspace) -> list[Entry]:
    """Return the entries of a ledger whose key was rotated once."""
    init_keys(workspace)
    rotate_keys(workspace)
    return list(Ledger(workspace).entries())


def forged(entries: list[Entry], **changes: object) -> Keyring:
    """Return the keyring where the rotation, the last entry, was changed."""
    last = entries[-1]
    assert isinstance(last, KeyChange)
    return Keyring.of([*entries[:-1], replace(last, **changes)])  # type: ignore[arg-type]


def test_a_key_entry_fits_nowhere_else(workspace: Workspace) -> None:
    """Another place, ledger, id, key or time: the signatures don't cover it, and it is ignored."""
    entries = key_entries(workspace)
    old, other = Keyring.of(entries[:-1]).active, new_keys()
    assert old is not None
    for changes in (
        {"index": 1},
        {"origin": "distill/0000000000000000"},
        {"id": "00000000"},
        {"checkpoint": other.checkpoint_public},
        {"attestation": other.attestation_public},
        {"checkpoint": b"no key"},
        {"at": "2020-01-01T00:00:00.000Z"},
        {"reason": "other"},
        {"action": "add"},
    ):
        ring = forged(entries, **changes)
        assert ring.active == old, changes
        assert [trouble.kind for trouble in ring.troubles] == ["signature_wrong"], changes


def test_a_rotation_without_the_old_signature_is_not_believed(workspace: Workspace) -> None:
    """Whoever has only a key of his own can't take over."""
    entries = key_entries(workspace)
    last = entries[-1]
    assert isinstance(last, KeyChange)
    own = [one for one in last.signatures if one.by == last.id]
    assert forged(entries, signatures=tuple(own)).active != Keyring.of(entries).active
    twice = forged(entries, signatures=(*last.signatures, own[0]))
    assert [trouble.kind for trouble in twice.troubles] == ["signature_wrong"]


def test_a_stranger_revokes_nothing(workspace: Workspace) -> None:
    """A revocation that neither the revoked nor the active key signed is ignored."""
    entries = key_entries(workspace)
    ring = Keyring.of(entries)
    assert ring.active is not None
    last, stranger = entries[-1], new_keys()
    assert isinstance(last, KeyChange)
    by = key_id(last.origin, raw_ed25519(stranger.checkpoint_public))
    for name in (by, ring.active.id):
        change = replace(
            last,
            action="revoke",
            attestation=None,
            checkpoint=None,
            id=ring.active.id,
            index=len(entries),
        )
        signed = replace(change, signatures=(KeySignature(name, stranger.sign(change.message)),))
        after = Keyring.of([*entries, signed])
        assert after.active == ring.active
        assert [trouble.kind for trouble in after.troubles] == ["signature_wrong"]
