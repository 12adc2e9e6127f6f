"""Reading the inputs of a call before it runs, and looking at them again after."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from distill.errors import SourceError
from distill.receipts.binding import InputFile
from distill.receipts.digest import (
    Digest,
    FileIdentity,
    FileSums,
    digest_file,
    fingerprint_file,
)
from distill.receipts.receipt import FileEntry, Parent, Receipt
from distill.receipts.rereading import Rereading, identity_of
from distill.receipts.stat_cache import StatCache

#: Returns what sums up an input, given its recorded path and its file's name.
SumsOf = Callable[[str, str], FileSums]


@dataclass(frozen=True, slots=True)
class WatchedInput:
    """An input with the bytes that it had, and the file's identity at that moment."""

    entry: FileEntry
    place: Path
    identity: FileIdentity

    @property
    def role(self) -> str:
        """The parameter that named it."""
        return self.entry.role

    @property
    def path(self) -> str:
        """Its recorded path."""
        return self.entry.path

    @property
    def blake3(self) -> Digest:
        """The digest of its bytes."""
        return self.entry.blake3


class Lineage:
    """Who made which file, as the newest passing receipts say."""

    def __init__(self, receipts: Iterable[Receipt], slot: str) -> None:
        self._makers: dict[str, list[tuple[FileEntry, Receipt]]] = {}
        for receipt in receipts:
            if receipt.slot == slot:  # what this call made before is no parent of it
                continue
            for entry in receipt.claim.outputs:
                self._makers.setdefault(entry.path, []).append((entry, receipt))

    def known(self) -> Iterator[FileEntry]:
        """Yield every file that some stage made."""
        return (entry for makers in self._makers.values() for entry, _ in makers)

    def parents(self, inputs: Sequence[WatchedInput]) -> tuple[Receipt, ...]:
        """Return the receipts whose outputs are read, by stage and digest; edited ones are not."""
        found = {
            receipt.digest: receipt
            for one in inputs
            for entry, receipt in self._makers.get(one.path, [])
            if entry.blake3 == one.blake3
        }
        return tuple(sorted(found.values(), key=lambda r: (r.claim.stage, r.claim_digest.hex)))


def parents_of(receipts: Sequence[Receipt]) -> tuple[Parent, ...]:
    """Return how a claim names its parents."""
    return tuple(Parent(receipt.claim.stage, receipt.claim_digest) for receipt in receipts)


def plain_sums(_path: str, name: str) -> FileSums:
    """Return sums that gather no more than a receipt says."""
    return FileSums(name)


def watch_inputs(
    inputs: Sequence[InputFile],
    known: Iterable[FileEntry],
    rereading: Rereading | None = None,
    sums: SumsOf = plain_sums,
) -> tuple[WatchedInput, ...]:
    """Read all inputs once, but for those that nobody wrote to since they were read.

    What a sound receipt already says of the same bytes (SHA-256, records, root) is taken from
    there; the others are gathered by ``sums``.

    Raises:
        SourceError: an input is missing, is no regular file, or changed while it was read.
    """
    rereading = rereading or Rereading(StatCache())
    by_path: dict[str, FileEntry] = {}
    for entry in known:
        by_path[entry.path] = entry
    return tuple(_watch(one, by_path, rereading, sums) for one in inputs)


def demand_unchanged(inputs: Sequence[WatchedInput]) -> None:
    """Refuse a run whose inputs are no longer what was read before it.

    Raises:
        SourceError: naming the file.
    """
    for one in inputs:
        try:
            is_same = FileIdentity.of(one.place.stat()) == one.identity
            is_same = is_same or digest_file(one.place) == one.blake3
        except OSError:
            is_same = False
        if not is_same:
            raise SourceError(
                f"the input {one.path} changed while the stage ran",
                "run it again when its writer is done, or copy the file first",
            )


def _watch(
    one: InputFile, known: Mapping[str, FileEntry], rereading: Rereading, sums: SumsOf
) -> WatchedInput:
    entry = known.get(one.recorded)
    seen = None if entry is None else identity_of(one.place)
    if entry is not None and seen is not None and seen.size == entry.bytes:
        digest, identity = rereading.digest_of(one.recorded, one.place, seen)
        if digest == entry.blake3:
            entry = entry if entry.role == one.role else replace(entry, role=one.role)
            return WatchedInput(entry, one.place, identity)
    print_, identity = fingerprint_file(one.place, sums=sums(one.recorded, one.place.name))
    rereading.cache.learn([(one.recorded, identity, print_.blake3)])
    entry = FileEntry(
        one.role,
        one.recorded,
        print_.bytes,
        print_.blake3,
        print_.sha256,
        print_.records,
        print_.root,
    )
    return WatchedInput(entry, one.place, identity)
