"""What a group stage knows of a segment's records: each one's key, length and leaf hash.

A segment's rows are bytes: the number of records, the lengths of the keys (`NO_KEY` for a record
without one), the lengths of the records, the leaf hashes, and the keys in UTF-8.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from distill.receipts.incremental.columns import numbers_of_column, numbers_to_column
from distill.receipts.kept import Kept

NO_KEY: Final = 2**64 - 1
_WIDTH: Final = 8
_LEAF: Final = 32
_KEPT: Final = 1 << 17  # records of the segments whose rows stay in memory


def join_rows(
    keys: Sequence[bytes | None], lengths: Sequence[int], leaves: Sequence[bytes]
) -> bytes:
    """Return rows, given what they say: ``leaves`` (32 bytes each) tell one record from another."""
    return b"".join(
        [
            numbers_to_column([len(keys)]),
            numbers_to_column([NO_KEY if key is None else len(key) for key in keys]),
            numbers_to_column(lengths),
            *leaves,
            *[key for key in keys if key is not None],
        ]
    )


class Rows:
    """The rows of a segment, read where they are asked for."""

    __slots__ = ("_content", "_ends", "_leaves", "_lengths", "count")

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.count = numbers_of_column(content[:_WIDTH])[0]
        self._lengths = _WIDTH + self.count * _WIDTH
        self._leaves = self._lengths + self.count * _WIDTH
        self._ends: array[int] | None = None

    def keys(self) -> Iterator[tuple[int, bytes]]:
        """Yield the records that have a key: the number of each, and the key."""
        at = self._leaves + self.count * _LEAF
        for number, length in enumerate(numbers_of_column(self._content[_WIDTH : self._lengths])):
            if length != NO_KEY:
                yield number, self._content[at : at + length]
                at += length

    def by_leaf(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the leaf hash of each record, and its key; null for one without."""
        keys = dict(self.keys())
        return ((self.leaf(number), keys.get(number)) for number in range(self.count))

    def leaf(self, number: int) -> bytes:
        """Return the leaf hash of a record."""
        at = self._leaves + number * _LEAF
        return self._content[at : at + _LEAF]

    def extent(self, number: int) -> tuple[int, int]:
        """Return where a record begins in its segment, and its length without the newline."""
        if self._ends is None:
            lengths = numbers_of_column(self._content[self._lengths : self._leaves])
            self._ends = array("Q", accumulate(lengths, initial=0))
        begin, end = self._ends[number : number + 2]
        return begin + number, end - begin


class KeptRows:
    """The rows of segments by their numbers, of which some stay in memory; ``read`` reads one's."""

    def __init__(self, read: Callable[[int], Rows]) -> None:
        self._read = read
        self._kept = Kept[int, Rows](_KEPT)

    def of(self, number: int) -> Rows:
        """Return the rows of a segment."""
        rows = self._kept.get(number)
        if rows is None:
            rows = self._read(number)
            self._kept.keep(number, rows, rows.count)
        return rows
