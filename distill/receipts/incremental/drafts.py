"""Lines between two passes: in shards as if nothing were to become of them, or in one file.

What becomes of its lines the first pass can't know; of most of them nothing does. So they wait in
shards, cut and summed up as those of the output are. Where the second pass comes to the same items
it takes the whole file, and they were written once. Lines that can't come to be so, because others
are to lie between them that were written by an earlier run, wait in one unnamed file.

Law: a shard follows from its items alone, so outputs are those of writing all items again.
"""

import shutil
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from distill.receipts.digest import Fingerprint
from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.segments import read_range
from distill.receipts.incremental.shard_file import SummedFile, is_full, is_next, lines_in
from distill.receipts.incremental.spool import GrowingFile


@dataclass(slots=True)
class Draft:
    """A shard: where it lies, its sums, and its items as a range of all items that were kept.

    ``is_full``: it ended because of what it holds, not because nothing followed.
    """

    place: Path
    sums: Fingerprint
    first: int
    last: int
    is_full: bool
    is_taken: bool = False


class Drafts:
    """Keeps items by keys (32 bytes), some 70 bytes of memory for each.

    ``folder`` has room for their bytes. ``scale`` is that of the shards that the items will be
    written in, one after the other; without one no shard is made, and none by any other writer.
    """

    def __init__(self, folder: Path, scale: int | None = None) -> None:
        self.scale = scale
        self._folder, self._scale = folder, scale
        self._index = KeyIndex(Keys())
        self._ends = array("Q", [0])
        self._records = array("Q")
        self._shards: list[Draft] = []
        self._begins: dict[bytes, int] = {}
        self._shards_in: Path | None = None
        self._open: SummedFile | None = None
        self._open_from = 0  # the first item of the open shard, or of those in no shard
        self._rest = GrowingFile(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what was not taken."""
        if self._open is not None:
            self._open.close()
        self._rest.close()
        if self._shards_in is not None:
            shutil.rmtree(self._shards_in)

    def __contains__(self, key: bytes) -> bool:
        """Whether an item is kept under a key."""
        return self._index.find(key) is not None

    def keep(self, key: bytes, content: bytes) -> None:
        """Keep an item's lines under a key, at the next place of the output.

        What is kept under the key already is the same.
        """
        if self._scale is not None:
            self._write(key, content, self._scale)
        elif self._index.add(key):
            self._rest.append(content)
            self._ends.append(self._ends[-1] + len(content))

    def get(self, key: bytes) -> bytes | None:
        """Return what is kept under a key, null where nothing is."""
        number = self._index.find(key)
        if number is None:
            return None
        begin, size = self._ends[number], self._ends[number + 1] - self._ends[number]
        if number >= self._open_from:
            begin -= self._ends[self._open_from]
            if self._open is None:
                return self._rest.read(begin, size)
            self._open.flush()
            return _read(self._place_of(len(self._shards)), begin, size)
        shard = self._shards[bisect_right(self._shards, number, key=lambda one: one.first) - 1]
        return _read(shard.place, begin - self._ends[shard.first], size)

    def end_shards(self) -> None:
        """Make no shards any more: what comes next in the output is not kept here."""
        self._close_shard(is_full=False)
        self._scale = None

    def standing(self, keys: Keys, at: int) -> Draft | None:
        """Return the shard that is, item for item, what a new one beginning here would be."""
        self.end_shards()
        number = self._begins.get(keys[at]) if at < len(keys) else None
        if number is None:
            return None
        shard = self._shards[number]
        items = range(shard.first, shard.last)
        is_it = is_next(keys, at, self._index.keys, items, is_full=shard.is_full)
        return shard if is_it and not shard.is_taken else None

    def take(self, shard: Draft, place: Path) -> None:
        """Give a shard away: it lies at this place from now on."""
        shard.place.replace(place)
        shard.place, shard.is_taken = place, True

    def lengths(self, shard: Draft) -> "array[int]":
        """Return how many bytes each item of a shard has."""
        ends = self._ends
        numbers = range(shard.first, shard.last)
        return array("Q", (ends[number + 1] - ends[number] for number in numbers))

    def records(self, shard: Draft) -> "array[int]":
        """Return how many lines each item of a shard has."""
        return self._records[shard.first : shard.last]

    def _write(self, key: bytes, content: bytes, scale: int) -> None:
        if self._open is None:
            self._open = SummedFile(self._place_of(len(self._shards)))
        self._index.append(key)
        self._ends.append(self._ends[-1] + len(content))
        self._records.append(lines_in(content))
        self._open.write(content)
        if is_full(self._open.bytes, content, scale):
            self._close_shard(is_full=True)

    def _close_shard(self, *, is_full: bool) -> None:
        if self._open is None:
            return
        with self._open as closing:
            self._open = None
        number, first, behind = len(self._shards), self._open_from, len(self._index.keys)
        place = self._place_of(number)
        self._shards.append(Draft(place, closing.sums, first, behind, is_full))
        self._begins.setdefault(self._index.keys[first], number)
        self._open_from = behind

    def _place_of(self, number: int) -> Path:
        if self._shards_in is None:
            self._shards_in = Path(mkdtemp(prefix=".drafts-", dir=self._folder))
        return self._shards_in / f"{number:05}.jsonl"


def _read(place: Path, begin: int, size: int) -> bytes:
    with place.open("rb", buffering=0) as file:
        return read_range(file.fileno(), begin, begin + size)
