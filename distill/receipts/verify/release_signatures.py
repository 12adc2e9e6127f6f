"""The signatures of a release's manifest: all three, by the key that was active, or none."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from distill.errors import VerificationError
from distill.receipts.faults import Fault
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import PublicKeys
from distill.receipts.ledger.signing import verify_ed25519, verify_p256
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.release_manifest import SIGNATURES, ReleaseManifest
from distill.receipts.sshsig import read_sshsig, signed_bytes
from distill.receipts.verify.ledger_view import LedgerView

_MAX_BYTES: Final = 4096
_Check: TypeAlias = Callable[[PublicKeys, bytes, bytes], bool]


def release_signature_faults(
    folder: Path, manifest: ReleaseManifest, view: LedgerView
) -> Iterator[Fault]:
    """Yield the signatures that are missing, wrong, or there without a key."""
    active = view.keyring.active_at(manifest.checkpoint.size)
    for name in SIGNATURES:
        content = read_plain(folder / name, _MAX_BYTES)
        is_missing = isinstance(content, Unread) and content.state == "missing"
        if active is None:
            if not is_missing:
                message = "a signature, though no key was active"
                yield Fault("file_added", name, "no file", "a file", message)
        elif isinstance(content, Unread):
            message = "a signature of the release is missing, though a key was active"
            yield Fault("release_unsigned", name, f"key {active.id}", content.told, message)
        elif not _CHECKS[name.rpartition(".")[2]](active, content, manifest.content):
            message = "the signature is not one of release.json by the key that was active"
            yield Fault("signature_wrong", name, f"key {active.id}", "a wrong signature", message)


def _ed25519(keys: PublicKeys, content: bytes, message: bytes) -> bool:
    return verify_ed25519(keys.checkpoint, content, message)


def _p256(keys: PublicKeys, content: bytes, message: bytes) -> bool:
    return verify_p256(keys.attestation, content, message)


def _ssh(keys: PublicKeys, content: bytes, message: bytes) -> bool:
    try:
        signature = read_sshsig(content, raw_ed25519(keys.checkpoint))
    except VerificationError:
        return False
    return verify_ed25519(keys.checkpoint, signature, signed_bytes(message))


_CHECKS: Final[Mapping[str, _Check]] = {"ed25519": _ed25519, "p256": _p256, "sig": _ssh}
