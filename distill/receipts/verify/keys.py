"""The keys: what the ledger says of them, their public files, and those that an auditor holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.base64_text import from_base64
from distill.receipts.digest import digest_bytes
from distill.receipts.faults import Fault, Note
from distill.receipts.ledger.checkpoint import ED25519_TYPE, key_id
from distill.receipts.ledger.key_forms import ed25519_der, raw_ed25519
from distill.receipts.ledger.places import LOG, PUBLIC_KEYS
from distill.receipts.ledger.public_keys import public_files
from distill.receipts.plain_files import Unread, names_in, read_plain
from distill.receipts.verify.ledger_view import LedgerView

_MAX_FILE: Final = 2**20
_PEM: Final = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """An Ed25519 public key (32 bytes) that the auditor had elsewhere; ``name`` is for reports."""

    name: str
    public: bytes

    @classmethod
    def read(cls, content: bytes, name: str) -> "PinnedKey":
        """Return the key of a PEM file (SubjectPublicKeyInfo) or of a signed-note verifier key.

        Raises:
            ConfigurationError: the bytes are neither.
        """
        try:
            return cls(name, _public_key(content.decode("ascii").strip().splitlines()))
        except (ValueError, VerificationError) as error:
            raise ConfigurationError(
                f"{name} holds no Ed25519 public key",
                "give a PEM file as in receipts/keys/*.checkpoint.pem, or a .vkey file",
            ) from error


def _public_key(lines: list[str]) -> bytes:
    if len(lines) > 2 and (lines[0], lines[-1]) == _PEM:
        return raw_ed25519(from_base64("".join(lines[1:-1]), "the key"))
    (line,) = lines
    _name, _identity, text = line.split("+", 2)
    data = from_base64(text, "the key")
    return raw_ed25519(ed25519_der(data.removeprefix(ED25519_TYPE)))


def keyring_faults(view: LedgerView) -> Iterator[Fault]:
    """Yield the key entries that are not believed, or that no older key vouches for."""
    for trouble in view.keyring.troubles:
        line = f"line {trouble.index + 1}"
        expected = "the keys' own signatures"
        if trouble.kind == "key_unendorsed":
            expected = "the old key's signature"
        yield Fault(trouble.kind, LOG, expected, line, f"{line}: {trouble.meaning}")


def key_file_faults(root: Path, view: LedgerView) -> Iterator[Fault]:
    """Yield the public key files that are not what the ledger's key entries say."""
    expected = public_files(view.origin, view.keyring)
    names = names_in(root / PUBLIC_KEYS)
    if isinstance(names, Unread):
        message = "the folder of public keys can't be read"
        yield Fault("key_file_changed", PUBLIC_KEYS, "a folder", names.told, message)
        return
    for name in names:
        if name not in expected:
            message = "the ledger knows of no such file of a public key"
            yield Fault("file_added", f"{PUBLIC_KEYS}/{name}", "no file", "a file", message)
    for name, content in expected.items():
        found = read_plain(root / PUBLIC_KEYS / name, _MAX_FILE)
        if found != content:
            told = found.told if isinstance(found, Unread) else str(digest_bytes(found))
            message = "the file is not what the ledger says of this key"
            shown = f"{PUBLIC_KEYS}/{name}"
            yield Fault("key_file_changed", shown, str(digest_bytes(content)), told, message)


def pinned_faults(view: LedgerView, pinned: Sequence[PinnedKey]) -> Iterator[Fault]:
    """Yield the keys that no pinned key is, or vouches for by signing a rotation.

    What was signed before the first pinned key came is vouched for by its signatures alone. Where
    the last key was revoked, anybody can write the lines that follow.
    """
    ring = view.keyring
    held = {key_id(view.origin, one.public) for one in pinned}
    places = [place for place, keys in enumerate(ring.keys) if keys.id in held]
    if not places:
        expected = ", ".join(f"{one.name} ({key_id(view.origin, one.public)})" for one in pinned)
        found = ", ".join(keys.id for keys in ring.keys) or "no key"
        message = "the ledger was never signed by the key that you gave"
        yield Fault("key_unknown", LOG, expected, found, message)
        return
    vouched = frozenset[str]().union(*(ring.vouched_for_by(identity) for identity in held))
    for keys in ring.keys[places[0] :]:
        if keys.id not in vouched:
            message = "a key signs here that does not descend from the one that you gave"
            yield Fault("key_unknown", LOG, ", ".join(sorted(held)), keys.id, message)
    if ring.active is None:
        message = "the last key was revoked, so nobody signs what is added since"
        yield Fault("key_unknown", LOG, ", ".join(sorted(held)), "no key", message)


def pinned_note(view: LedgerView, pinned: Sequence[PinnedKey]) -> Iterator[Note]:
    """Yield that the keys are the workspace's own word, where none was pinned."""
    if view.keyring.has_signed and not pinned:
        message = (
            "the keys are the workspace's own word: give one that you had by another way with --key"
        )
        yield Note("keys_not_pinned", message)
