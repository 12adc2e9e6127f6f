"""The TEST keys of the vectors. Everybody knows their private halves: never use them elsewhere."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "distill/00112233445566aa"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class TestKeys:
    """A pair whose private halves are one byte, 32 times: as an Ed25519 seed and a P-256 scalar."""

    __test__ = False
    name: str
    byte: int

    @property
    def ed25519(self) -> ed25519.Ed25519PrivateKey:
        """The Ed25519 private key."""
        return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([self.byte]) * 32)

    @property
    def p256(self) -> ec.EllipticCurvePrivateKey:
        """The P-256 private key."""
        return ec.derive_private_key(int.from_bytes(bytes([self.byte]) * 32), ec.SECP256R1())

    @property
    def checkpoint(self) -> bytes:
        """The Ed25519 public key, DER."""
        return self.ed25519.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def attestation(self) -> bytes:
        """The P-256 public key, DER."""
        return self.p256.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        """The C2SP key id in the ledger of the vectors."""
        return key_id(ORIGIN, self.checkpoint[-32:])

    def sign(self, message: bytes) -> bytes:
        """Return 64 bytes of Ed25519."""
        return self.ed25519.sign(message)

    def sign_p256(self, message: bytes, digest: HashAlgorithm | None = None) -> tuple[int, int]:
        """Return r and the low s of a deterministic ECDSA signature (RFC 6979)."""
        algorithm = ec.ECDSA(digest or SHA256(), deterministic_signing=True)
        r, s = utils.decode_dss_signature(self.p256.sign(message, algorithm))
        return r, min(s, ORDER - s)

    def public_files(self) -> dict[str, bytes]:
        """Return the public keys as PEM, by the name of the file."""
        pairs = (("checkpoint", self.ed25519), ("attestation", self.p256))
        return {
            f"keys/{self.name}.{role}.pem": key.public_key().public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
            for role, key in pairs
        }


def key_id(origin: str, public: bytes) -> str:
    """Return the C2SP id of an Ed25519 key (32 bytes)."""
    return hashlib.sha256(f"{origin}\n".encode() + b"\x01" + public).hexdigest()[:8]


def der(r: int, s: int) -> bytes:
    """Return an ECDSA signature in DER."""
    return utils.encode_dss_signature(r, s)


def b64(data: bytes) -> str:
    """Return base64 with padding."""
    return base64.b64encode(data).decode()


OLD, NEW, STRANGER = TestKeys("old", 1), TestKeys("new", 2), TestKeys("stranger", 3)
