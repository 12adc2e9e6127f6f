"""Where the keys lie: private ones in ``.distill/keys``, public ones in ``receipts/keys``.

A private key's file bears its key's id, so that a rotation adds files and replaces none. The public
files say what the ledger's key entries say, in the forms that openssl, signed-note tools and
ssh-keygen read; they can be written again from the ledger at any time.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError
from distill.receipts import durable
from distill.receipts.base64_text import to_base64
from distill.receipts.ledger.checkpoint import verifier_key
from distill.receipts.ledger.keyring import Keyring, PublicKeys
from distill.receipts.ledger.signing import (
    KeyPair,
    load_keys,
    public_pem,
    raw_ed25519,
    write_private,
)
from distill.receipts.workspace import Workspace

VARIABLE: Final = "DISTILL_KEYS"
ALLOWED_SIGNERS: Final = "allowed_signers"
_FOLDER_MODE: Final = 0o700


def private_folder(workspace: Workspace) -> Path:
    """Return the folder of the private keys: what DISTILL_KEYS names, or the workspace's own."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else workspace.root / ".distill" / "keys"


def public_folder(workspace: Workspace) -> Path:
    """Return the folder of the public keys."""
    return workspace.root / "receipts" / "keys"


def load_signer(workspace: Workspace, ring: Keyring) -> KeyPair | None:
    """Return the private halves of the ledger's active keys; null where the ledger has none.

    Raises:
        ConfigurationError: the ledger is signed, but its private keys are not here, or don't fit.
    """
    active = ring.active
    if active is None:
        return None
    checkpoint, attestation = private_places(workspace, active.id)
    if not checkpoint.exists():
        raise ConfigurationError(
            f"the ledger is signed by the key {active.id}, and {checkpoint} is not here",
            f"put the private keys there, name their folder in {VARIABLE}, or see `distill keys`",
        )
    pair = load_keys(checkpoint, attestation)
    if (pair.checkpoint_public, pair.attestation_public) != (active.checkpoint, active.attestation):
        raise ConfigurationError(
            f"the private keys in {checkpoint.parent} are not those of the key {active.id}",
            "put the ledger's own keys there",
        )
    return pair


def private_places(workspace: Workspace, identity: str) -> tuple[Path, Path]:
    """Return where the two private keys of this id lie, or would lie."""
    folder = private_folder(workspace)
    return folder / f"{identity}.checkpoint.pem", folder / f"{identity}.attestation.pem"


def write_private_keys(workspace: Workspace, identity: str, pair: KeyPair) -> None:
    """Write both private keys, readable by their owner alone.

    Raises:
        ConfigurationError: they are there already.
    """
    checkpoint, attestation = private_places(workspace, identity)
    checkpoint.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    write_private(checkpoint, pair.checkpoint)
    write_private(attestation, pair.attestation)
    durable.sync_folder(checkpoint.parent)


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


def write_public_files(workspace: Workspace, origin: str, ring: Keyring) -> None:
    """Write the public keys into the workspace, those that already say the same left alone."""
    folder = public_folder(workspace)
    for name, content in public_files(origin, ring).items():
        place = folder / name
        if not place.is_file() or place.read_bytes() != content:
            durable.replace_file(place, content, durable.new_token())


def _unrevoked(ring: Keyring) -> Iterator[PublicKeys]:
    return (keys for keys in ring.keys if keys.id not in ring.revoked)


def _allowed_signer(origin: str, keys: PublicKeys) -> str:
    """Return the key's line for ``ssh-keygen -Y verify`` (RFC 8709 §4: the public key's form)."""
    parts = (b"ssh-ed25519", raw_ed25519(keys.checkpoint))
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f'{origin} namespaces="distill" ssh-ed25519 {to_base64(blob)}\n'
