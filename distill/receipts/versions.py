"""Finding the bytes of one version of a file: in its place, among replaced objects, in a release.

Bytes are never taken at their word: they have the recorded digest or they are not that version.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from distill.errors import SourceError, VerificationError
from distill.receipts.digest import Digest, digest_file
from distill.receipts.ledger.entries import Released
from distill.receipts.ledger.log import Ledger
from distill.receipts.manifest_file import manifest_in
from distill.receipts.publish import objects_folder
from distill.receipts.receipt import FileEntry
from distill.receipts.release_manifest import (
    MANIFEST,
    RELEASES,
    ROOTS,
    ReleaseManifest,
)
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


def release_folders(workspace: Workspace) -> tuple[Path, ...]:
    """Return the folders below ``releases/`` that hold a manifest, sorted by name."""
    try:
        folders = sorted((workspace.root / RELEASES).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(folder for folder in folders if is_release(folder))


def is_release(folder: Path) -> bool:
    """Whether a folder is a release: it holds something that is called like a manifest."""
    return os.path.lexists(folder / MANIFEST)


def as_workspace(folder: Path) -> Workspace:
    """Return a release's folder as the workspace that it mirrors; its roots lie in ``roots/``."""
    try:
        roots = {path.name: path for path in (folder / ROOTS).iterdir() if path.is_dir()}
    except (FileNotFoundError, NotADirectoryError):
        roots = {}
    return Workspace(folder, roots)


def read_release(workspace: Workspace, folder: Path) -> ReleaseManifest:
    """Return the manifest of a release's folder.

    Raises:
        VerificationError: it is no manifest, or not the one that the workspace's ledger pins.
    """
    manifest = manifest_in(folder)
    entries = (entry for entry in Ledger(workspace).entries() if isinstance(entry, Released))
    for entry in entries:
        if entry.name in {folder.name, manifest.name} and entry.blake3 != manifest.digest:
            raise VerificationError(
                f"{folder / MANIFEST} is not what the ledger pins: {entry.blake3.short}…",
                "the release was changed: take it from a copy, or move it out of releases/",
            )
    return manifest


class Versions:
    """Looks for the bytes that receipts of one workspace name."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._found: dict[tuple[Path, Digest], bool] = {}

    def find(self, entry: FileEntry, home: Workspace | None = None) -> Path | None:
        """Return a file that holds exactly the bytes of the entry, null where they are gone.

        ``home`` is the release in which the entry was met: its own file comes first.

        Raises:
            VerificationError: the file that should hold them (a release's own, an object of that
                name, a current output) holds others, and no sound copy was found before it.
        """
        if home is not None:
            own = self._claimed(home, entry, "the release's file")
            if own is not None:
                return own
        place = self._in_place(self.workspace, entry)
        if place is not None:
            return place
        kept = objects_folder(self.workspace) / entry.blake3.hex
        if os.path.lexists(kept):
            if self._holds(kept, entry):
                return kept
            shown = f"data/objects/{entry.blake3.hex}"
            raise _other_bytes(f"the replaced version {shown} of {entry.path}", entry)
        if entry.path in self._current.get(entry.blake3, ()):
            self._claimed(self.workspace, entry, "the current output")
        renamed = self.renamed(entry)
        if renamed is not None:
            return renamed
        found = (self._in_place(release, entry) for release in self._releases)
        return next((path for path in found if path is not None), None)

    def renamed(self, entry: FileEntry) -> Path | None:
        """Return a current output that holds these bytes: a shard that goes by another number."""
        places = (
            self._in_place(self.workspace, replace(entry, path=path))
            for path in self._current.get(entry.blake3, ())
        )
        return next((place for place in places if place is not None), None)

    @cached_property
    def _current(self) -> Mapping[Digest, list[str]]:
        found: dict[Digest, list[str]] = {}
        for receipt in ReceiptStore(self.workspace).current():
            for entry in receipt.claim.outputs:
                found.setdefault(entry.blake3, []).append(entry.path)
        return found

    @cached_property
    def _releases(self) -> tuple[Workspace, ...]:
        return tuple(as_workspace(folder) for folder in release_folders(self.workspace))

    def _claimed(self, home: Workspace, entry: FileEntry, what: str) -> Path | None:
        """Return the file that has to hold these bytes, null where it is not there at all."""
        try:
            place = home.resolve(entry.path)
        except VerificationError:
            return None
        if not os.path.lexists(place):
            return None
        if not self._holds(place, entry):
            raise _other_bytes(f"{what} {entry.path}", entry)
        return place

    def _in_place(self, home: Workspace, entry: FileEntry) -> Path | None:
        try:
            place = home.resolve(entry.path)
        except VerificationError:  # a root that is not there, or a link that leads out
            return None
        return place if self._holds(place, entry) else None

    def _holds(self, place: Path, entry: FileEntry) -> bool:
        key = (place, entry.blake3)
        if key not in self._found:
            self._found[key] = self._read(place, entry)
        return self._found[key]

    def _read(self, place: Path, entry: FileEntry) -> bool:
        try:
            if place.is_symlink() or place.stat().st_size != entry.bytes:
                return False
            return digest_file(place) == entry.blake3
        except (OSError, SourceError):
            return False


def _other_bytes(what: str, entry: FileEntry) -> VerificationError:
    return VerificationError(
        f"{what} does not hold the bytes of {entry.blake3} that the receipt names",
        "`distill verify` tells more; nothing is taken from a file that was changed",
    )


def find_receipts(store: ReceiptStore, prefix: str) -> Iterator[Digest]:
    """Yield the digests of the receipts whose name begins with these hexadecimal digits."""
    folder = store.objects / prefix[:2]
    for path in sorted(folder.glob(f"{prefix}*")) if len(prefix) >= 2 else ():
        yield Digest(path.name)
