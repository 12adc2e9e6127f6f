"""Which files of the workspace a release holds, and which class each is of. Pure.

They are the files that the current receipts name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from distill.errors import ConfigurationError
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.release_manifest import (
    B3SUMS,
    MANIFEST,
    SHA256SUMS,
    SIGNATURES,
    WithheldClass,
    class_of,
    place_in_release,
)

START_HERE: Final = "START-HERE.md"
NOTES: Final = "RELEASE-NOTES.md"
QUARANTINE_SUMMARY: Final = "QUARANTINE.md"
#: Names that a release gives away itself; `receipts` with all below it.
TAKEN: Final = frozenset(
    {
        *(START_HERE, NOTES, QUARANTINE_SUMMARY, B3SUMS, SHA256SUMS),
        *(MANIFEST, *SIGNATURES, "receipts"),
    }
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that a receipt names; ``path`` is its place in the release.

    ``kind`` is null for what may not be withheld.
    """

    path: str
    entry: FileEntry
    kind: WithheldClass | None


def choose(current: Iterable[Receipt]) -> tuple[Chosen, ...]:
    """Return the files that the current receipts name, each once, sorted by path.

    Raises:
        ConfigurationError: a file's place in the release is taken by another one.
    """
    receipts = tuple(current)
    made = {entry.path for receipt in receipts for entry in receipt.claim.outputs}
    chosen: dict[str, Chosen] = {}
    for one in _named(receipts, made):
        former = chosen.setdefault(one.path, one)
        if former.entry.path != one.entry.path or one.path.partition("/")[0] in TAKEN:
            raise ConfigurationError(
                f"{one.entry.path} can't lie in a release: the name {one.path} is taken there",
                "move the file into another folder, and name that in distill.toml",
            )
    return tuple(chosen[path] for path in sorted(chosen))


def _named(receipts: Iterable[Receipt], made: set[str]) -> Iterator[Chosen]:
    for receipt in receipts:
        for entry in receipt.claim.outputs:
            kind = class_of(entry.path, is_made=True)
            yield Chosen(place_in_release(entry.path), entry, kind)
        for entry in receipt.claim.inputs:
            if entry.path not in made:
                kind = class_of(entry.path, is_made=False)
                yield Chosen(place_in_release(entry.path), entry, kind)
