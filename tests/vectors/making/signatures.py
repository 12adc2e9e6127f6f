"""Detached signatures: P-256 over a checkpoint; raw Ed25519 and SSH over a release's manifest."""

import base64
import hashlib
from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA512

from tests.vectors.making import checkpoints, releases
from tests.vectors.making.keys import OLD, ORDER, STRANGER, b64, der
from tests.vectors.making.vector import Vector

# The order of Ed25519's group (RFC 8032 §5.1).
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_REFUSED = "is refused"
_NO_SSH = "the SSH signature is not one of this key"
_NO_BASE64 = "the SSH signature is no base64"


def vectors() -> Iterator[Vector]:
    """Yield every signature, with the file that it is over and the key."""
    note = checkpoints.note(4)
    beside = {"over": "checkpoint/valid/4.txt", "key": "keys/old.attestation.pem"}
    r, s = OLD.sign_p256(note)
    yield Vector("p256", "low-s.der", der(r, s), "DER, with the lower s.", beside=beside)
    for name, (content, why) in _p256(note, r, s).items():
        yield Vector("p256", f"{name}.der", content, why, _REFUSED, beside=beside)
    manifest = releases.FIRST
    beside = {"over": "release/valid/first.json", "key": "keys/old.checkpoint.pem"}
    good = OLD.sign(manifest)
    yield Vector("ed25519", "raw.sig", good, "64 bytes.", beside=beside)
    for name, (content, why) in _ed25519(manifest, good).items():
        yield Vector("ed25519", f"{name}.sig", content, why, _REFUSED, beside=beside)
    yield Vector("sshsig", "signed.sig", _ssh(manifest), "An SSH signature.", beside=beside)
    for name, (content, refusal, why) in _sshsig(manifest).items():
        yield Vector("sshsig", f"{name}.sig", content, why, refusal, beside=beside)


def _p256(note: bytes, r: int, s: int) -> dict[str, tuple[bytes, str]]:
    good = der(r, s)
    raw = r.to_bytes(32) + s.to_bytes(32)
    first, second = _integer(r), _integer(s)
    return {
        "high-s": (der(r, ORDER - s), "(r, n - s) verifies too, and is another spelling."),
        "raw-r-and-s": (raw, "r and s of 32 bytes each, no DER."),
        "trailing-byte": (good + b"\0", "A byte after the sequence."),
        "trailing-newline": (good + b"\n", "A newline after the sequence."),
        "cut-short": (good[:-1], "A byte less."),
        "empty": (b"", "No byte."),
        "base64": (base64.b64encode(good) + b"\n", "Text for bytes."),
        "long-form-length": (
            b"\x30\x81" + good[1:],
            "The length as two bytes, where one says it (BER).",
        ),
        "indefinite-length": (b"\x30\x80" + good[2:] + b"\0\0", "No length (BER)."),
        "r-with-a-zero-more": (
            _sequence(_integer(r, before=b"\0\0" if r >> 255 else b"\0") + second),
            "A zero byte before r that need not be.",
        ),
        "three-numbers": (_sequence(first + second + _integer(1)), "One number more."),
        "one-number": (_sequence(first), "s is missing."),
        "r-zero": (der(0, s), "r is 0."),
        "s-zero": (der(r, 0), "s is 0."),
        "r-of-the-order": (der(ORDER, s), "r is n."),
        "s-plus-the-order": (der(r, s + ORDER), "s + n is the same number to a careless reader."),
        "s-negative": (_sequence(first + _integer(s - ORDER)), "s - n, likewise."),
        "by-a-stranger": (der(*STRANGER.sign_p256(note)), "Another key."),
        "over-other-bytes": (der(*OLD.sign_p256(note + b"\n")), "A newline more was signed."),
        "over-the-text-alone": (
            der(*OLD.sign_p256(checkpoints.body(4))),
            "The text was signed, and not the file.",
        ),
        "over-sha-512": (der(*OLD.sign_p256(note, SHA512())), "With SHA-512."),
        "over-the-digest": (
            der(*OLD.sign_p256(hashlib.sha256(note).digest())),
            "The SHA-256 was hashed again.",
        ),
    }


def _integer(number: int, before: bytes = b"") -> bytes:
    """Return a number in DER, with bytes before it that need not be."""
    body = before + number.to_bytes(number.bit_length() // 8 + 1, signed=True).lstrip(
        b"\0" if before else b""
    )
    return bytes([2, len(body)]) + body


def _sequence(body: bytes) -> bytes:
    return bytes([0x30, len(body)]) + body


def _ed25519(manifest: bytes, good: bytes) -> dict[str, tuple[bytes, str]]:
    number = int.from_bytes(good[32:], "little") + _ED25519_ORDER
    return {
        "s-plus-the-order": (good[:32] + number.to_bytes(32, "little"), "S is not below L."),
        "trailing-newline": (good + b"\n", "A byte more."),
        "cut-short": (good[:-1], "A byte less."),
        "empty": (b"", "No byte."),
        "base64": (b64(good).encode(), "Text for bytes."),
        "zeros": (bytes(64), "64 bytes of zero."),
        "by-a-stranger": (STRANGER.sign(manifest), "Another key."),
        "over-other-bytes": (OLD.sign(manifest[:-1]), "The newline was not signed."),
        "over-the-digest": (OLD.sign(hashlib.sha256(manifest).digest()), "Its SHA-256 was signed."),
    }


def _ssh(
    message: bytes,
    *,
    namespace: bytes = b"distill",
    digest: str = "sha512",
    version: int = 1,
    width: int = 70,
) -> bytes:
    """Return an SSH signature by the old key (PROTOCOL.sshsig of OpenSSH)."""
    hashed = hashlib.new(digest, message).digest()
    signed = b"SSHSIG" + _strings(namespace, b"", digest.encode(), hashed)
    key = _strings(b"ssh-ed25519", OLD.checkpoint[-32:])
    signature = _strings(b"ssh-ed25519", OLD.sign(signed))
    blob = b"SSHSIG" + version.to_bytes(4)
    blob += _strings(key, namespace, b"", digest.encode(), signature)
    text = base64.b64encode(blob)
    lines = b"".join(text[at : at + width] + b"\n" for at in range(0, len(text), width))
    return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"-----END SSH SIGNATURE-----\n"


def _sshsig(manifest: bytes) -> dict[str, tuple[bytes, str, str]]:
    good = _ssh(manifest)
    wrong = "the signature is refused"
    return {
        "other-namespace": (_ssh(manifest, namespace=b"file"), _NO_SSH, "Made for another use."),
        "over-sha-256": (_ssh(manifest, digest="sha256"), _NO_SSH, "With SHA-256."),
        "version-2": (_ssh(manifest, version=2), _NO_SSH, "A version that is not known."),
        "other-lines": (_ssh(manifest, width=76), _NO_SSH, "Lines of 76 characters."),
        "crlf": (good.replace(b"\n", b"\r\n"), _NO_BASE64, "Lines that end in CR LF."),
        "text-before": (b"signed:\n" + good, _NO_BASE64, "Text before the signature."),
        "text-after": (good + b"signed\n", _NO_BASE64, "Text after the signature."),
        "no-newline": (good[:-1], _NO_BASE64, "The last byte is not 0x0A."),
        "empty": (b"", _NO_SSH, "No byte."),
        "over-other-bytes": (_ssh(manifest + b"\n"), wrong, "A newline more was signed."),
    }


def _strings(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4) + part for part in parts)
