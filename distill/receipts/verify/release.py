"""Verifying a release: manifest, signatures and files, then all that a workspace is held to.

The folder is enough: it may lie anywhere, with no `distill.toml` and nothing around it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.receipts.faults import Fault, FaultKind, VerificationReport
from distill.receipts.ledger.places import CHECKPOINTS, checkpoint_name
from distill.receipts.paths import split_root
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.release_manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    ROOTS,
    ReleaseManifest,
    place_in_release,
)
from distill.receipts.release_reader import read_manifest
from distill.receipts.verify.ledger_view import LedgerView, read_ledger
from distill.receipts.verify.objects import Objects, read_objects
from distill.receipts.verify.release_files import released_file_faults, withheld_faults
from distill.receipts.verify.release_signatures import release_signature_faults
from distill.receipts.verify.request import VerificationRequest
from distill.receipts.verify.workspace import verify_workspace
from distill.receipts.workspace import Workspace

_ABSENT: Final[frozenset[FaultKind]] = frozenset(["output_missing", "input_absent"])


def verify_release(folder: Path, request: VerificationRequest | None = None) -> VerificationReport:
    """Read everything in a release's folder again.

    Law: what was released and not touched since gives no fault; a byte or a file that is changed or
    added gives one that names it; one that is absent can't be checked, unless it is withheld.
    """
    # A release is whole, and nothing is written into its folder, not even a stat cache.
    request = replace(request or VerificationRequest(), targets=(), is_quick=False)
    objects, view = read_objects(folder), read_ledger(folder)
    report = verify_workspace(_as_workspace(folder, objects), request)
    manifest = _manifest(folder)
    if isinstance(manifest, Fault):
        return _with_faults(report, (manifest, *report.faults), None)
    faults = (
        *release_signature_faults(folder, manifest, view),
        *_head_faults(manifest, view),
        *_receipt_faults(manifest, objects),
        *withheld_faults(manifest, objects),
        *released_file_faults(folder, manifest, objects),
    )
    told = {(fault.kind, fault.path) for fault in faults}
    named = {file.path for file in manifest.files} | {file.path for file in manifest.withheld}
    others = (
        fault
        for fault in report.faults
        if (fault.kind, fault.path) not in told
        and not (fault.kind in _ABSENT and place_in_release(fault.path) in named)
    )
    return _with_faults(report, (*faults, *others), manifest)


def _with_faults(
    report: VerificationReport, faults: tuple[Fault, ...], manifest: ReleaseManifest | None
) -> VerificationReport:
    """Return the report with other faults; of a release, every file but the signatures was read."""
    return VerificationReport(
        faults=faults,
        receipts=report.receipts,
        files=report.files if manifest is None else len(manifest.files),
        notes=report.notes,
        withheld=0 if manifest is None else len(manifest.withheld),
        ledger=report.ledger,
        release=None if manifest is None else manifest.name,
    )


def _as_workspace(folder: Path, objects: Objects) -> Workspace:
    """Return the folder as a workspace, whose roots lie below ``roots/``."""
    names = {
        split_root(entry.path)[0]
        for receipt in objects.current()
        for entry in (*receipt.claim.inputs, *receipt.claim.outputs)
    }
    return Workspace(folder, {name: folder / ROOTS / name for name in names if name is not None})


def _manifest(folder: Path) -> ReleaseManifest | Fault:
    content = read_plain(folder / MANIFEST, MAX_MANIFEST_BYTES)
    if isinstance(content, Unread):
        message = "the manifest can't be read"
        return Fault("release_damaged", MANIFEST, "a plain file", content.told, message)
    try:
        return read_manifest(content)
    except VerificationError as error:
        message = f"{error.message} ({error.hint})" if error.hint else error.message
        return Fault("release_damaged", MANIFEST, "a manifest", "other bytes", message)


def _head_faults(manifest: ReleaseManifest, view: LedgerView) -> Iterator[Fault]:
    """Hold the manifest against the ledger in the folder."""
    size = manifest.checkpoint.size
    if manifest.origin != view.origin:
        message = "the release is of another ledger than the one in its folder"
        yield _inconsistent(manifest.origin, view.origin or "none", message)
    elif (size, size) != (view.covered, view.size):
        message = "the ledger in the folder does not end where the release was made"
        yield _inconsistent(f"{size} lines", f"{view.size} lines", message)
    elif manifest.checkpoint.root != view.roots[size]:
        place = f"{CHECKPOINTS}/{checkpoint_name(size)}"
        message = f"the ledger in the folder has another root than the release ({place})"
        expected, found = manifest.checkpoint.root.hex(), view.roots[size].hex()
        yield _inconsistent(expected, found, message)


def _receipt_faults(manifest: ReleaseManifest, objects: Objects) -> Iterator[Fault]:
    """Hold the receipts that the manifest calls current against those that are."""
    found = {receipt.digest for receipt in objects.current()}
    for digest in sorted(found ^ set(manifest.receipts)):
        if digest not in objects.receipts:
            continue  # told by the ledger: it is missing or damaged
        words = ("not current", "current") if digest in found else ("current", "not current")
        message = f"the manifest is wrong about the receipt {digest.short}…"
        yield _inconsistent(words[0], words[1], message)


def _inconsistent(expected: str, found: str, meaning: str) -> Fault:
    return Fault("release_inconsistent", MANIFEST, expected, found, meaning)
