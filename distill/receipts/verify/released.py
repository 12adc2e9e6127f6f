"""The releases of a workspace: those that are here are those that its ledger pins."""

import os
from collections.abc import Iterator
from pathlib import Path

from distill.receipts.digest import digest_bytes
from distill.receipts.faults import Fault
from distill.receipts.ledger.entries import Released
from distill.receipts.plain_files import Unread, names_in, read_plain
from distill.receipts.release_manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    RELEASES,
    SIGNATURES,
)
from distill.receipts.verify.ledger_view import LedgerView


def is_release(folder: Path) -> bool:
    """Whether a folder is verified as a release: it holds a manifest or a signature of one.

    A release whose manifest was taken away is a damaged release, and not wrong usage.
    """
    return any(os.path.lexists(folder / name) for name in (MANIFEST, *SIGNATURES))


def released_faults(root: Path, view: LedgerView) -> Iterator[Fault]:
    """Yield the releases whose manifest is not the pinned one, or that no line pins.

    A release that was moved elsewhere is no fault. The rest of a folder is checked by
    `verify_release`.
    """
    pins = {entry.name: entry.blake3 for entry in view.entries if isinstance(entry, Released)}
    names = names_in(root / RELEASES)
    for name in () if isinstance(names, Unread) else names:
        folder, shown = root / RELEASES / name, f"{RELEASES}/{name}/{MANIFEST}"
        if name.startswith(".") or not folder.is_dir():
            continue
        content = read_plain(folder / MANIFEST, MAX_MANIFEST_BYTES)
        found = content.told if isinstance(content, Unread) else str(digest_bytes(content))
        if name not in pins:
            message = "no line of the ledger records this release"
            yield Fault("release_unledgered", shown, "a line", "none", message)
        elif found != str(pins[name]):
            message = "the manifest of a release is not the one that the ledger pins"
            yield Fault("release_changed", shown, str(pins[name]), found, message)
