"""Where the keys lie: private ones in ``.distill/keys``, public ones in ``receipts/keys``.

A private key's file bears its key's id, so that a rotation adds files and replaces none. The public
files say what the ledger's key entries say, in the forms that openssl, signed-note tools and
ssh-keygen read; they can be written again from the ledger at any time.
"""

import os
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError
from distill.receipts import durable
from distill.receipts.git.out_of_git import keep_out_of_git
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.places import PUBLIC_KEYS
from distill.receipts.ledger.public_keys import public_files
from distill.receipts.ledger.signing import KeyPair, load_keys, write_private
from distill.receipts.workspace import Workspace

VARIABLE: Final = "DISTILL_KEYS"
_FOLDER_MODE: Final = 0o700


def private_folder(workspace: Workspace) -> Path:
    """Return the folder of the private keys: what DISTILL_KEYS names, or the workspace's own."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else workspace.root / ".distill" / "keys"


def public_folder(workspace: Workspace) -> Path:
    """Return the folder of the public keys."""
    return workspace.root / PUBLIC_KEYS


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
    """Write both private keys, readable by their owner alone, into a folder that git ignores.

    Raises:
        ConfigurationError: they are there already.
    """
    checkpoint, attestation = private_places(workspace, identity)
    checkpoint.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    keep_out_of_git(checkpoint.parent)
    write_private(checkpoint, pair.checkpoint)
    write_private(attestation, pair.attestation)
    durable.sync_folder(checkpoint.parent)


def write_public_files(workspace: Workspace, origin: str, ring: Keyring) -> None:
    """Write the public keys into the workspace, those that already say the same left alone."""
    folder = public_folder(workspace)
    for name, content in public_files(origin, ring).items():
        place = folder / name
        if not place.is_file() or place.read_bytes() != content:
            durable.replace_file(place, content, durable.new_token())
