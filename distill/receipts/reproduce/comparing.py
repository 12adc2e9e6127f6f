"""Comparing what came out with what the receipt says: files by digest, then by their first byte."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

from distill.errors import VerificationError
from distill.receipts.blocks import BLOCK
from distill.receipts.digest import RECORD_SUFFIX, Digest, digest_file
from distill.receipts.receipt import Claim, FileEntry, Receipt, to_json
from distill.receipts.reproduce.result import Difference, FirstDifference
from distill.receipts.reproduce.scratch import Scratch
from distill.receipts.versions import Versions
from distill.receipts.workspace import Workspace

# Told elsewhere (code, environment), or different for a reason: a scratch workspace has no parents.
_NOT_COMPARED = frozenset(["key", "code", "environment", "parents", "outputs"])
_AROUND = 40
_NEWLINE = b"\n"


def compare_outputs(receipt: Receipt, scratch: Scratch, home: Workspace) -> Iterator[Difference]:
    """Yield every output that is not what the receipt says, by path.

    What was made is told by the folder, not by the run's own receipt.
    """
    versions = Versions(home)
    recorded = {entry.path: entry for entry in receipt.claim.outputs}
    made = _made(receipt.claim, scratch.workspace)
    for path in sorted({*recorded, *made}):
        entry, found = recorded.get(path), made.get(path)
        if entry is None:
            yield Difference("made in addition", path, None, str(found), None)
        elif found is None:
            yield Difference("not made", path, str(entry.blake3), None, None)
        elif found != entry.blake3:
            first = _first_of(entry, scratch.workspace.resolve(path), versions)
            yield Difference("differs", path, str(entry.blake3), str(found), first)


def compare_claims(recorded: Claim, made: Mapping[str, object]) -> Iterator[str]:
    """Yield the first place in each part of the claim that came out otherwise."""
    for field in fields(recorded):
        if field.name not in _NOT_COMPARED:
            before = to_json(getattr(recorded, field.name))
            place = _first_place(before, made.get(field.name), field.name)
            if place is not None:
                yield place


def _made(claim: Claim, workspace: Workspace) -> dict[str, Digest]:
    files: dict[str, Digest] = {}
    for target in claim.targets:
        place = workspace.resolve(target.path)
        if target.kind == "file":
            found = [place] if place.is_file() else []
        else:
            found = [path for path in place.rglob("*") if path.is_file()]
        for path in found:
            files[workspace.record_path(path)] = digest_file(path)
    return files


def _first_of(entry: FileEntry, made: Path, versions: Versions) -> FirstDifference | None:
    try:
        original = versions.find(entry)
    except VerificationError:
        return None
    return None if original is None else first_difference(original, made, entry.path)


def first_difference(expected: Path, found: Path, name: str) -> FirstDifference | None:
    """Return where two files part, null where they don't; ``name`` tells whether it has records."""
    offset, lines = 0, 0
    with expected.open("rb") as one, found.open("rb") as other:
        while True:
            ours, theirs = one.read(BLOCK), other.read(BLOCK)
            if ours != theirs:
                break
            if not ours:
                return None
            offset += len(ours)
            lines += ours.count(b"\n")
        shared = _shared(ours, theirs)
        offset += shared
        lines += ours[:shared].count(b"\n")
        return FirstDifference(
            offset,
            lines + 1,
            lines if name.endswith(RECORD_SUFFIX) else None,
            _excerpt(one, offset),
            _excerpt(other, offset),
        )


def _shared(ours: bytes, theirs: bytes) -> int:
    """Return how many bytes two blocks share at their beginning, in a dozen comparisons."""
    low, high = 0, min(len(ours), len(theirs))
    while low < high:
        middle = (low + high + 1) // 2
        if ours[:middle] == theirs[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _excerpt(file: BinaryIO, offset: int) -> str:
    """Return the text around an offset, within its line, safe to show; an end is told as such."""
    start = max(0, offset - _AROUND)
    file.seek(start)
    around = file.read(offset - start + 2 * _AROUND)
    before, after = around[: offset - start], around[offset - start :]
    if not after:
        return f"{_shown(before.rpartition(_NEWLINE)[2])}⟨end of the file⟩"
    line, newline, _ = after.partition(_NEWLINE)
    ending = "\\n" if newline else ""
    return _shown(before.rpartition(_NEWLINE)[2] + line) + ending


def _shown(content: bytes) -> str:
    text = content.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _first_place(before: object, after: object, where: str) -> str | None:
    """Return a phrase for the first place in which two values differ, null where they are equal."""
    if before == after and type(before) is type(after):
        return None
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            if name not in before or name not in after:
                return f"{where}.{name} is {'new' if name in after else 'missing'}"
            found = _first_place(before[name], after[name], f"{where}.{name}")
            if found is not None:
                return found
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"{where} has {len(after)} entries, not {len(before)}"
        pairs = enumerate(zip(before, after, strict=True))
        places = (_first_place(old, new, f"{where}[{i}]") for i, (old, new) in pairs)
        return next((place for place in places if place is not None), None)
    return f"{where} is {_short(after)}, not {_short(before)}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
