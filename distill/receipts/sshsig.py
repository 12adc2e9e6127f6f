"""SSH signatures over bytes, as ``ssh-keygen -Y verify`` takes them. Ed25519 and SHA-512 alone.

Source: PROTOCOL.sshsig of OpenSSH. A reader accepts exactly what the writer writes.
"""

import binascii
import struct
from hashlib import sha512
from typing import Final

from distill.errors import VerificationError

NAMESPACE: Final = "distill"
_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_KEY_TYPE: Final = b"ssh-ed25519"
_HASH: Final = b"sha512"
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----\n"
_END: Final = b"-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70
_SIGNATURE_BYTES: Final = 64


def signed_bytes(message: bytes) -> bytes:
    """Return what the key signs for a message: not the message itself."""
    parts = (NAMESPACE.encode(), b"", _HASH, sha512(message).digest())
    return _MAGIC + b"".join(map(_string, parts))


def write_sshsig(public: bytes, signature: bytes) -> bytes:
    """Return the file that holds a signature over `signed_bytes`; ``public`` is the 32-byte key."""
    key = _string(_KEY_TYPE) + _string(public)
    parts = (key, NAMESPACE.encode(), b"", _HASH, _string(_KEY_TYPE) + _string(signature))
    blob = _MAGIC + struct.pack(">I", _VERSION) + b"".join(map(_string, parts))
    text = binascii.b2a_base64(blob, newline=False)
    lines = [text[start : start + _WIDTH] + b"\n" for start in range(0, len(text), _WIDTH)]
    return _BEGIN + b"".join(lines) + _END


def read_sshsig(content: bytes, public: bytes) -> bytes:
    """Return the signature (64 bytes) of this key that a file holds.

    Law: ``write_sshsig(public, read_sshsig(content, public)) == content``.

    Raises:
        VerificationError: the file holds anything else.
    """
    try:
        body = content.removeprefix(_BEGIN).removesuffix(_END)
        blob = binascii.a2b_base64(body.replace(b"\n", b""), strict_mode=True)
    except binascii.Error as error:
        raise VerificationError("the SSH signature is no base64") from error
    signature = blob[-_SIGNATURE_BYTES:]
    if write_sshsig(public, signature) != content:
        raise VerificationError("the SSH signature is not one of this key, in Distill's namespace")
    return signature


def _string(data: bytes) -> bytes:
    """Return a string of the SSH wire format (RFC 4251 §5)."""
    return struct.pack(">I", len(data)) + data
