"""Public keys as bytes: SubjectPublicKeyInfo in DER, of which each key has just one. Pure.

Sources: RFC 8410 §4 (Ed25519), RFC 5480 §2 and SEC 1 §2.3.3 (P-256, uncompressed point).
"""

from typing import Final

_ED25519_PREFIX: Final = bytes.fromhex("302a300506032b6570032100")
_ED25519_BYTES: Final = 32
_P256_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04")
_P256_BYTES: Final = 64


def raw_ed25519(public: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 public key in DER.

    Raises:
        ValueError: it is none.
    """
    if not _is_made_of(public, _ED25519_PREFIX, _ED25519_BYTES):
        message = "not an Ed25519 SubjectPublicKeyInfo"
        raise ValueError(message)
    return public[len(_ED25519_PREFIX) :]


def ed25519_der(raw: bytes) -> bytes:
    """Return an Ed25519 public key of 32 bytes as DER; the inverse of `raw_ed25519`."""
    return _ED25519_PREFIX + raw


def is_ed25519(public: bytes) -> bool:
    """Whether bytes have the form of an Ed25519 public key in DER."""
    return _is_made_of(public, _ED25519_PREFIX, _ED25519_BYTES)


def is_p256(public: bytes) -> bool:
    """Whether bytes have the form of a P-256 public key in DER; the point may lie off the curve."""
    return _is_made_of(public, _P256_PREFIX, _P256_BYTES)


def _is_made_of(public: bytes, prefix: bytes, rest: int) -> bool:
    return public.startswith(prefix) and len(public) == len(prefix) + rest
