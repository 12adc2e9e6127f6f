"""The public keys of a ledger in the forms that openssl, signed-note tools and ssh-keygen read.

They follow from the ledger's key entries, and can be written again from them at any time.
"""

from collections.abc import Iterator
from typing import Final

from distill.receipts.base64_text import to_base64
from distill.receipts.ledger.checkpoint import verifier_key
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring, PublicKeys

ALLOWED_SIGNERS: Final = "allowed_signers"
_PEM_WIDTH: Final = 64  # RFC 7468 §2


def public_files(origin: str, ring: Keyring) -> dict[str, bytes]:
    """Return the name and the bytes of every file in the folder of public keys."""
    files: dict[str, bytes] = {}
    for keys in ring.keys:
        files[f"{keys.id}.checkpoint.pem"] = public_pem(keys.checkpoint)
        files[f"{keys.id}.attestation.pem"] = public_pem(keys.attestation)
        vkey = verifier_key(origin, raw_ed25519(keys.checkpoint))
        files[f"{keys.id}.vkey"] = f"{vkey}\n".encode()
    if ring.keys:
        lines = (_allowed_signer(origin, keys) for keys in _unrevoked(ring))
        files[ALLOWED_SIGNERS] = "".join(lines).encode()
    return files


def public_pem(der: bytes) -> bytes:
    """Return a SubjectPublicKeyInfo in the form that openssl reads (RFC 7468 §13)."""
    text = to_base64(der)
    lines = (text[start : start + _PEM_WIDTH] for start in range(0, len(text), _PEM_WIDTH))
    return "\n".join(
        ("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", "")
    ).encode()


def _unrevoked(ring: Keyring) -> Iterator[PublicKeys]:
    return (keys for keys in ring.keys if keys.id not in ring.revoked)


def _allowed_signer(origin: str, keys: PublicKeys) -> str:
    """Return the key's line for ``ssh-keygen -Y verify`` (RFC 8709 §4: the public key's form)."""
    parts = (b"ssh-ed25519", raw_ed25519(keys.checkpoint))
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f'{origin} namespaces="distill" ssh-ed25519 {to_base64(blob)}\n'
