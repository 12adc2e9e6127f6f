"""Keys and signatures. The only module that imports cryptography, and late: it costs 90 ms.

Two keys, two roles: Ed25519 signs checkpoints and key changes; ECDSA P-256 with SHA-256 signs what
tools verify that can't load Ed25519 (LibreSSL, cosign). Public keys are SubjectPublicKeyInfo in
DER, private ones PKCS #8 in PEM, ECDSA signatures DER with the lower of the two values of s that
verify: so nobody but the key's owner can write a second signature over the same bytes.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from distill.errors import ConfigurationError
from distill.receipts.ledger.checkpoint import Checkpoint, Note, NoteSignature, key_id
from distill.receipts.ledger.key_forms import raw_ed25519

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PRIVATE_MODE: Final = 0o600


@dataclass(frozen=True)
class KeyPair:
    """The two private keys that sign for a workspace."""

    checkpoint: "Ed25519PrivateKey"
    attestation: "EllipticCurvePrivateKey"

    @property
    def checkpoint_public(self) -> bytes:
        """The Ed25519 public key, DER."""
        return _public_der(self.checkpoint)

    @property
    def attestation_public(self) -> bytes:
        """The P-256 public key, DER."""
        return _public_der(self.attestation)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) over bytes."""
        return self.checkpoint.sign(message)

    def sign_p256(self, message: bytes) -> bytes:
        """Return the ECDSA P-256/SHA-256 signature (DER, low s) over bytes."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        return with_low_s(self.attestation.sign(message, ECDSA(SHA256())))

    def sign_note(self, checkpoint: Checkpoint) -> Note:
        """Return the checkpoint as a note that this pair's Ed25519 key has signed."""
        identity = key_id(checkpoint.origin, raw_ed25519(self.checkpoint_public))
        return Note(checkpoint, NoteSignature(identity, self.sign(checkpoint.body)))


def new_keys() -> KeyPair:
    """Return a fresh pair."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415

    return KeyPair(ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()))


def load_keys(checkpoint: Path, attestation: Path) -> KeyPair:
    """Return the pair that two PEM files hold.

    Raises:
        ConfigurationError: a file is missing, unreadable, encrypted, or holds another kind of key.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415

    first, second = _load_private(checkpoint), _load_private(attestation)
    if not isinstance(first, ed25519.Ed25519PrivateKey):
        raise ConfigurationError(
            f"{checkpoint} is no Ed25519 key", "make one with `openssl genpkey -algorithm ed25519`"
        )
    if not isinstance(second, ec.EllipticCurvePrivateKey) or second.curve.name != "secp256r1":
        raise ConfigurationError(
            f"{attestation} is no P-256 key",
            "make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`",
        )
    return KeyPair(first, second)


def write_private(path: Path, key: "Ed25519PrivateKey | EllipticCurvePrivateKey") -> None:
    """Write a private key as PEM that its owner alone may read; an existing file is refused.

    Raises:
        ConfigurationError: something lies there already.
    """
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    content = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    except FileExistsError as error:
        raise ConfigurationError(
            f"{path} is there already", "a key is never overwritten: move it away first"
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature over bytes is by this Ed25519 key (DER)."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(raw_ed25519(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_p256(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an ECDSA signature (DER, low s) over SHA-256 of bytes is by this P-256 key (DER)."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    try:
        if with_low_s(signature) != signature:
            return False
        key = s.load_der_public_key(public)
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            return False
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def with_low_s(signature: bytes) -> bytes:
    """Return an ECDSA P-256 signature (DER) in the one spelling that is written and read.

    Where (r, s) verifies, (r, n - s) does too (SEC 1 §4.1.4); the lower s is taken.

    Raises:
        ValueError: the bytes are no such signature.
    """
    from cryptography.hazmat.primitives.asymmetric import utils  # noqa: PLC0415

    r, s = utils.decode_dss_signature(signature)
    return utils.encode_dss_signature(r, min(s, _P256_ORDER - s))


def _public_der(key: "Ed25519PrivateKey | EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    return key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)


def _load_private(path: Path) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    try:
        return s.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(f"the key {path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"{path} holds no private key that can be used", "give an unencrypted PKCS #8 PEM file"
        ) from error


def read_public(path: Path) -> bytes:
    """Return the public key (DER) that a PEM file holds.

    Raises:
        ConfigurationError: the file is missing, or holds none.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    try:
        key = s.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"the key {path} can't be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"{path} holds no public key", 'give a PEM file that begins "BEGIN PUBLIC KEY"'
        ) from error
    return key.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
