"""The files of a release: exactly those that the manifest names, with exactly their bytes.

A file that a current receipt names is read once, against the receipt, and the manifest must say
the same of it; all others are read here.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.receipts.digest import digest_bytes
from distill.receipts.faults import Fault
from distill.receipts.plain_files import Unread, files_below, look_at
from distill.receipts.receipt import FileEntry
from distill.receipts.release_manifest import (
    MANIFEST,
    SIGNATURES,
    ReleasedFile,
    ReleaseManifest,
    WithheldClass,
    class_of,
    place_in_release,
    sums_of,
)
from distill.receipts.verify.files import answers
from distill.receipts.verify.objects import Objects
from distill.receipts.verify.reading import Seen, read_files


def released_file_faults(
    folder: Path, manifest: ReleaseManifest, objects: Objects
) -> Iterator[Fault]:
    """Yield the files that are added, absent, changed, or told otherwise by their receipts."""
    yield from _added(folder, manifest)
    held = _held_by_receipts(objects)
    unread = {f.path: folder / f.path for f in manifest.files if f.path not in held}
    reading = read_files(unread, is_deep=True)
    for file in manifest.files:
        entry, found = held.get(file.path), reading.get(file.path)
        if entry is not None:
            yield from _told_otherwise(file, entry)
        if isinstance(found, Seen):
            yield from _changed(file, found)
        else:
            unread_now = found or look_at(folder / file.path)
            if isinstance(unread_now, Unread):
                yield _absent(file, unread_now)
    for name, content in sums_of(manifest.files).items():
        yield from _wrong_sums(manifest, name, content)


def withheld_faults(manifest: ReleaseManifest, objects: Objects) -> Iterator[Fault]:
    """Yield what the manifest calls withheld and no current receipt names so."""
    made = {entry.path for one in objects.current() for entry in one.claim.outputs}
    known = {
        _facts(entry, class_of(entry.path, is_made=entry.path in made))
        for one in objects.current()
        for entry in (*one.claim.outputs, *one.claim.inputs)
    }
    for file in manifest.withheld:
        if (file.path, file.blake3, file.sha256, file.bytes, file.kind) not in known:
            message = f"no current receipt names the withheld file {file.path} as {file.kind} so"
            yield _inconsistent(str(file.blake3), "another file, or none", message)


def _facts(entry: FileEntry, kind: WithheldClass | None) -> tuple[object, ...]:
    return place_in_release(entry.path), entry.blake3, entry.sha256, entry.bytes, kind


def _held_by_receipts(objects: Objects) -> Mapping[str, FileEntry]:
    """Return the entries, by place, against which the workspace's check reads files for sure."""
    current = tuple(objects.current())
    made = {entry.path for one in objects.receipts.values() for entry in one.claim.outputs}
    wanted = answers(current)
    held: dict[str, FileEntry] = {}
    for receipt in current:
        for entry in receipt.claim.outputs:
            if wanted[entry.path] == entry.blake3:
                held[place_in_release(entry.path)] = entry
        for entry in receipt.claim.inputs:
            if entry.path not in made:
                held[place_in_release(entry.path)] = entry
    return held


def _added(folder: Path, manifest: ReleaseManifest) -> Iterator[Fault]:
    named = {MANIFEST, *SIGNATURES, *(file.path for file in manifest.files)}
    for path in files_below(folder):
        shown = path.relative_to(folder).as_posix()
        if shown not in named:
            message = "release.json does not name this file"
            yield Fault("file_added", shown, "no file", "a file", message)


def _told_otherwise(file: ReleasedFile, entry: FileEntry) -> Iterator[Fault]:
    if (file.blake3, file.sha256, file.bytes) != (entry.blake3, entry.sha256, entry.bytes):
        message = f"the manifest says otherwise of {file.path} than the receipt that names it"
        yield _inconsistent(str(entry.blake3), str(file.blake3), message)


def _absent(file: ReleasedFile, found: Unread) -> Fault:
    expected = str(file.blake3)
    if found.state == "missing":
        message = "a file of the release is absent, so its bytes can't be checked"
        return Fault("file_absent", file.path, expected, found.told, message)
    if found.state == "unreadable":
        message = "the file can't be read, so its bytes can't be checked"
        return Fault("file_unreadable", file.path, expected, found.told, message)
    message = "something else lies in the place of a file of the release"
    return Fault("file_changed", file.path, expected, found.told, message)


def _changed(file: ReleasedFile, found: Seen) -> Iterator[Fault]:
    if (found.blake3, found.sha256) != (file.blake3, file.sha256):
        message = "a file of the release was changed"
        yield Fault("file_changed", file.path, str(file.blake3), str(found.blake3), message)
    elif found.bytes != file.bytes:
        message = f"the manifest gives another size of {file.path} than its bytes have"
        yield _inconsistent(str(found.bytes), str(file.bytes), message)


def _wrong_sums(manifest: ReleaseManifest, name: str, content: bytes) -> Iterator[Fault]:
    """Hold a list of digests against the manifest: it must say the same."""
    listed = {file.path: file.blake3 for file in manifest.files}
    if listed.get(name) != digest_bytes(content):
        message = f"{name} is not the list that the manifest's digests make"
        yield _inconsistent(str(digest_bytes(content)), str(listed.get(name)), message)


def _inconsistent(expected: str, found: str, meaning: str) -> Fault:
    return Fault("release_inconsistent", MANIFEST, expected, found, meaning)
