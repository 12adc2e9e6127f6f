"""`distill attest`: a signed statement beside a release that says how it was made."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError, VerificationError
from distill.receipts import durable
from distill.receipts.dsse import IN_TOTO, Envelope, key_id_of, pre_authentication_encoding
from distill.receipts.ledger.entries import Released
from distill.receipts.ledger.key_files import load_signer
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Ledger
from distill.receipts.manifest_file import manifest_in
from distill.receipts.release_manifest import (
    MANIFEST,
    RELEASES,
    ReleaseManifest,
)
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from distill.release.provenance import statement_of, subjects_of

SUFFIX: Final = ".attestation.json"


@dataclass(frozen=True)
class Attestation:
    """An attestation that was written: its file, release, key (id in the ledger) and subjects."""

    path: Path
    manifest: ReleaseManifest
    key_id: str
    subjects: int


def attestation_of(folder: Path) -> Path:
    """Return where the attestation of a release lies: beside its folder, which never changes."""
    return folder.with_name(folder.name + SUFFIX)


def attest(workspace: Workspace, name: str, output: Path | None = None) -> Attestation:
    """Sign a statement over a release of this workspace, and write it to a file.

    Raises:
        ConfigurationError: there is no such release, no key, or the file exists.
        VerificationError: the release is not what the ledger pins.
    """
    manifest = _pinned(workspace, name)
    path = output or attestation_of(workspace.root / RELEASES / name)
    if path.exists():
        raise ConfigurationError(f"{path} exists already", "name another file with --output")
    ring = Keyring.of(Ledger(workspace).entries())
    signer, active = load_signer(workspace, ring), ring.active
    if signer is None or active is None:
        raise ConfigurationError(
            "there is no key to sign with", "`distill keys init` makes one; then attest again"
        )
    store = ReceiptStore(workspace)
    payload = statement_of(manifest, [store.get(digest) for digest in manifest.receipts])
    signature = signer.sign_p256(pre_authentication_encoding(IN_TOTO, payload))
    envelope = Envelope(payload, IN_TOTO, key_id_of(active.attestation), signature)
    durable.publish_file(path, envelope.content)
    return Attestation(path, manifest, active.id, len(list(subjects_of(manifest))))


def _pinned(workspace: Workspace, name: str) -> ReleaseManifest:
    """Return the manifest of a release, if it is the one that the ledger pins."""
    entries = Ledger(workspace).entries()
    found = [entry for entry in entries if isinstance(entry, Released)]
    pins = {entry.name: entry for entry in found}
    if name not in pins:
        known = ", ".join(pins) or "none; `distill release NAME` makes one"
        raise ConfigurationError(f"the ledger knows no release {name!r}", f"known: {known}")
    place = workspace.root / RELEASES / name / MANIFEST
    if not os.path.lexists(place):
        raise ConfigurationError(
            f"{place} is not here", f"put the release's folder back into {RELEASES}/"
        )
    manifest = manifest_in(place.parent)
    if (manifest.digest, manifest.sha256) != (pins[name].blake3, pins[name].sha256):
        raise VerificationError(
            f"{place} is not what the ledger pins: {pins[name].blake3}, found {manifest.digest}",
            "the release was changed: take it from a copy",
        )
    return manifest
