"""A release as its receiver has it: a folder, anywhere, with nothing around it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.ledger.places import LOG
from distill.receipts.manifest_file import manifest_in
from distill.receipts.release_manifest import (
    MANIFEST,
    RELEASES,
    ReleaseManifest,
)
from distill.receipts.verify.ledger_view import read_ledger

_HINT: Final = "`distill verify` of the folder says what is wrong with it"


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
        if os.path.lexists(folder / MANIFEST):
            return folder
    raise ConfigurationError(
        f"{named} is no release: there is no {MANIFEST} in it",
        f"name the release's folder, such as {RELEASES}/2026-01",
    )


def receive(folder: Path) -> Received:
    """Read the manifest and the keys of a release's folder; nothing else of it is checked.

    Raises:
        VerificationError: the manifest or the ledger can't be read; the message names the file.
    """
    manifest, ledger = manifest_in(folder), read_ledger(folder)
    if ledger.unread is not None:
        told = ledger.unread.told
        raise VerificationError(f"{folder / LOG} can't be read: it is {told}", _HINT)
    if ledger.damage:
        line, wrong = next(iter(ledger.damage.items()))
        raise VerificationError(f"{folder / LOG}: line {line + 1}: {wrong}", _HINT)
    ring = ledger.keyring
    keys = tuple(one.attestation for one in ring.keys if one.id not in ring.revoked)
    return Received(folder, manifest, keys)
