"""Signed envelopes (DSSE), in the bundle file that cosign and sigstore's libraries read.

Sources: secure-systems-lab/dsse, protocol.md; sigstore/protobuf-specs, sigstore_bundle.proto,
version 0.3. A reader accepts exactly what the writer writes: canonical JSON and a newline, one
signature.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from distill.errors import VerificationError
from distill.receipts import strict
from distill.receipts.base64_text import from_base64, to_base64
from distill.receipts.canonical import Json, dumps, loads

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO: Final = "application/vnd.in-toto+json"
MAX_BUNDLE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type, and one signature (DER) by the key of this SHA-256 (hexadecimal)."""

    payload: bytes
    payload_type: str
    key_id: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return pre_authentication_encoding(self.payload_type, self.payload)

    @property
    def content(self) -> bytes:
        """The bytes of the bundle's file."""
        hint = to_base64(bytes.fromhex(self.key_id))
        envelope: dict[str, Json] = {
            "payload": to_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.key_id, "sig": to_base64(self.signature)}],
        }
        value: dict[str, Json] = {
            "dsseEnvelope": envelope,
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": hint}},
        }
        return dumps(value) + b"\n"


def key_id_of(public: bytes) -> str:
    """Return how an envelope names a key: the SHA-256 of its SubjectPublicKeyInfo (DER)."""
    return sha256(public).hexdigest()


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed for a payload: ``DSSEv1 len type len payload``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read_envelope(content: bytes) -> Envelope:
    """Return the envelope whose bundle file holds these bytes; the signature is not checked.

    Law: ``read_envelope(envelope.content) == envelope``.

    Raises:
        VerificationError: too large, not canonical, or not of the form that is written here.
    """
    if len(content) > MAX_BUNDLE_BYTES:
        raise VerificationError(f"the bundle is larger than {MAX_BUNDLE_BYTES} bytes")
    value = loads(content.removesuffix(b"\n"))
    parts = strict.object_of(
        value, "the bundle", ("dsseEnvelope", "mediaType", "verificationMaterial")
    )
    where = "the bundle's dsseEnvelope"
    inner = strict.object_of(parts["dsseEnvelope"], where, ("payload", "payloadType", "signatures"))
    if not isinstance(inner["signatures"], list) or len(inner["signatures"]) != 1:
        strict.refuse(f"{where}.signatures", "holds not just one")
    place = f"{where}.signatures[0]"
    signature = strict.object_of(inner["signatures"][0], place, ("keyid", "sig"))
    envelope = Envelope(
        from_base64(strict.text(inner["payload"], f"{where}.payload"), f"{where}.payload"),
        strict.text(inner["payloadType"], f"{where}.payloadType"),
        strict.hex_256(signature["keyid"], f"{place}.keyid"),
        from_base64(strict.text(signature["sig"], f"{place}.sig"), f"{place}.sig"),
    )
    if envelope.content != content:
        raise VerificationError("the bundle's media type, key or form is another one")
    return envelope
