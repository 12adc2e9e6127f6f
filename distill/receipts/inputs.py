"""Reading the inputs of a call before it runs, and looking at them again after."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import SourceError
from distill.receipts.binding import InputFile
from distill.receipts.digest import (
    Digest,
    FileIdentity,
    FileSums,
    Fingerprint,
    digest_file,
    fingerprint_file,
)
from distill.receipts.incremental.workers import all_begun, may_fork
from distill.receipts.receipt import FileEntry, Parent, Receipt
from distill.receipts.rereading import Rereading, identity_of
from distill.receipts.stat_cache import StatCache

#: So many bytes of inputs are read by worker processes.
WORTH_WORKERS: Final = 16 * 1024 * 1024

#: Returns what sums up an input, given its recorded path and its file's name.
SumsOf = Callable[[str, str], FileSums]


class WatchedInput(NamedTuple):
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


@contextmanager
def watching_inputs(
    inputs: Sequence[InputFile],
    known: Iterable[FileEntry],
    rereading: Rereading | None = None,
    sums: SumsOf = plain_sums,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[Callable[[], tuple[WatchedInput, ...]]]:
    """Begin to read all inputs once, and yield what returns them when it is asked for them.

    Those that nobody wrote to since they were read are not read again. What a sound receipt already
    says of the same bytes (SHA-256, records, root) is taken from there; the others are gathered by
    ``sums``.

    Where there is much to read, and more than one core, worker processes read it meanwhile; what is
    called ``meanwhile`` is so where there is anything to read.

    Raises:
        SourceError: an input is missing, is no regular file, or changed while it was read.
    """
    rereading = rereading or Rereading(StatCache())
    by_path = {entry.path: entry for entry in known}
    found = [_known(one, by_path, rereading) for one in inputs]
    unread = [one for one, watched in zip(inputs, found, strict=True) if watched is None]
    sizes = [identity_of(one.place).size for one in unread]
    # A worker that can't be forked would import the caller's script before it reads.
    worth = WORTH_WORKERS if may_fork() else sys.maxsize
    with all_begun(_reading, (unread, sums), enumerate(sizes), worth=worth) as read:

        def watched() -> tuple[WatchedInput, ...]:
            new = map(partial(_gathered, rereading, sums), unread, read)
            return tuple(next(new) if one is None else one for one in found)

        if unread:
            meanwhile()
        yield watched


def demand_unchanged(inputs: Sequence[WatchedInput]) -> None:
    """Refuse a run whose inputs are no longer what was read before it, or were not meanwhile.

    A file that was written to, and holds again what it held, may have been other bytes when the
    stage read it. One that got another mode or name was not written to: its ctime alone tells.

    Raises:
        SourceError: naming the file.
    """
    for one in inputs:
        try:
            now = FileIdentity.of(one.place.stat())
            is_same = now == one.identity or (
                (now.size, now.mtime_ns) == (one.identity.size, one.identity.mtime_ns)
                and digest_file(one.place) == one.blake3
            )
        except OSError:
            is_same = False
        if not is_same:
            raise SourceError(
                f"the input {one.path} changed while the stage ran",
                "run it again when its writer is done, or copy the file first",
            )


def _known(
    one: InputFile, known: Mapping[str, FileEntry], rereading: Rereading
) -> WatchedInput | None:
    """Return an input of which it is known what a receipt says of its bytes, null of others."""
    entry = known.get(one.recorded)
    seen = None if entry is None else identity_of(one.place)
    if entry is None or seen is None or seen.size != entry.bytes:
        return None
    digest, identity = rereading.digest_of(one.recorded, one.place, seen)
    if digest != entry.blake3:
        return None
    entry = entry if entry.role == one.role else replace(entry, role=one.role)
    return WatchedInput(entry, one.place, identity)


_Gathered = tuple[Fingerprint, FileIdentity, object]


def _reading(inputs: Sequence[InputFile], sums: SumsOf) -> Callable[[int], _Gathered]:
    """Return what reads one of some inputs, by its number: sums are made when they are needed."""

    def read(number: int) -> _Gathered:
        one = inputs[number]
        own = sums(one.recorded, one.place.name)
        found, identity = fingerprint_file(one.place, sums=own)
        return found, identity, own.told()

    return read


def _gathered(rereading: Rereading, sums: SumsOf, one: InputFile, read: _Gathered) -> WatchedInput:
    """Return an input that was read, by this process or by another."""
    found, identity, told = read
    sums(one.recorded, one.place.name).take_over(found, told)
    rereading.cache.learn([(one.recorded, identity, found.blake3)])
    entry = FileEntry(
        one.role,
        one.recorded,
        found.bytes,
        found.blake3,
        found.sha256,
        found.records,
        found.root,
    )
    return WatchedInput(entry, one.place, identity)
