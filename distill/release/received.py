"""A release as its receiver has it: a folder, anywhere, with nothing around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Ledger
from distill.receipts.release_manifest import (
    MANIFEST,
    RELEASES,
    ReleaseManifest,
)
from distill.receipts.release_reader import read_manifest
from distill.receipts.workspace import Workspace


@dataclass(frozen=True)
class Received:
    """The manifest in a folder, and the attestation keys (DER) that its own ledger names."""

    folder: Path
    manifest: ReleaseManifest
    keys: Sequence[bytes]


def find_release(named: str, workspace: Path | None) -> Path:
    """Return the folder of a release that is named by its path, or by its name in a workspace.

    Raises:
        ConfigurationError: neither leads to a ``release.json``.
    """
    for folder in (Path(named), (workspace or Path.cwd()) / RELEASES / named):
        if (folder / MANIFEST).is_file():
            return folder
    raise ConfigurationError(
        f"{named} is no release: there is no {MANIFEST} in it",
        f"name the release's folder, such as {RELEASES}/2026-01",
    )


def receive(folder: Path) -> Received:
    """Read the manifest and the keys of a release's folder; nothing else of it is checked.

    Raises:
        VerificationError: the manifest or the ledger can't be read.
    """
    manifest = read_manifest((folder / MANIFEST).read_bytes())
    ring = Keyring.of_lines(Ledger(Workspace(folder)).lines())
    keys = tuple(one.attestation for one in ring.keys if one.id not in ring.revoked)
    return Received(folder, manifest, keys)
