"""The release before: what the ledger names, and its folder where it is still here."""

from dataclasses import dataclass
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts.digest import Digest, digest_bytes, digest_file
from distill.receipts.manifest_file import manifest_content
from distill.receipts.release_manifest import (
    MANIFEST,
    RELEASES,
    PreviousRelease,
    ReleaseManifest,
)
from distill.receipts.release_reader import read_manifest
from distill.receipts.store import ReceiptStore
from distill.release.figures import Figures
from distill.release.snapshot import Snapshot
from distill.workspace.places import EXPORTS_DIR


@dataclass(frozen=True)
class Former:
    """A release that is in ``releases/``: its folder, its manifest, and what its receipts say."""

    folder: Path
    manifest: ReleaseManifest
    figures: Figures


def pin_of(snapshot: Snapshot) -> PreviousRelease | None:
    """Return how ``release.json`` names the newest release of the ledger."""
    released = snapshot.previous
    return None if released is None else PreviousRelease(released.blake3, released.name)


def find_former(snapshot: Snapshot) -> Former | None:
    """Return the newest release of the ledger; null where there is none, or its folder is gone.

    Raises:
        VerificationError: its ``release.json`` or its sets are not what the ledger pins.
    """
    pin = pin_of(snapshot)
    if pin is None:
        return None
    folder = snapshot.workspace.root / RELEASES / pin.name
    content = manifest_content(folder)
    if content is None:
        return None
    _demand(digest_bytes(content), pin.blake3, folder / MANIFEST)
    manifest = read_manifest(content)
    for file in manifest.files:
        if file.path.startswith(f"{EXPORTS_DIR}/"):
            _demand(digest_file(folder / file.path), file.blake3, folder / file.path)
    store = ReceiptStore(snapshot.workspace)
    return Former(folder, manifest, Figures.of(store.get(one) for one in manifest.receipts))


def _demand(found: Digest, expected: Digest, path: Path) -> None:
    if found != expected:
        raise VerificationError(
            f"{path} is not what the ledger pins: {expected.short}…, found {found.short}…",
            "the release was changed: take it from a copy, or move it out of releases/",
        )
