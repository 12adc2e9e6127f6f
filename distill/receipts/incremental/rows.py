"""What a group stage knows of a segment's records: each one's key, length and leaf hash.

A segment's rows are bytes: the number of records, the lengths of the keys (`NO_KEY` for a record
without one), the lengths of the records, the leaf hashes, and the keys in UTF-8.
"""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Final

from distill.receipts.incremental.columns import numbers_of_column, numbers_to_column
from distill.receipts.merkle import LEAF_PREFIX

NO_KEY: Final = 2**64 - 1
_WIDTH: Final = 8
_LEAF: Final = 32


def write_rows(keys: Sequence[bytes | None], records: Sequence[bytes]) -> bytes:
    """Return the rows of a segment's records."""
    return b"".join(
        [
            numbers_to_column([len(records)]),
            numbers_to_column([NO_KEY if key is None else len(key) for key in keys]),
            numbers_to_column([len(record) for record in records]),
            *[sha256(LEAF_PREFIX + record).digest() for record in records],
            *[key for key in keys if key is not None],
        ]
    )


class Table:
    """The records of a whole input by number: where each one lies, and which key it has."""

    def __init__(self) -> None:
        self.parts = array("Q")  # the number of the segment
        self.starts = array("Q")  # in the file
        self.lengths = array("Q")
        self.leaves: list[bytes] = []
        self.groups: dict[bytes, list[int]] = {}
        self.without_key = 0

    def add(self, part: int, start: int, rows: bytes) -> None:
        """Add the records of a segment that begins at ``start``."""
        count = numbers_of_column(rows[:_WIDTH])[0]
        at, width = _WIDTH, count * _WIDTH
        key_lengths = numbers_of_column(rows[at : at + width])
        lengths = numbers_of_column(rows[at + width : at + 2 * width])
        at += 2 * width
        number = len(self.starts)
        self.parts.extend([part] * count)
        self.lengths.extend(lengths)
        self.starts.extend(list(accumulate((one + 1 for one in lengths), initial=start))[:-1])
        self.leaves += [rows[i : i + _LEAF] for i in range(at, at + count * _LEAF, _LEAF)]
        self._group(number, key_lengths, rows, at + count * _LEAF)

    def _group(self, number: int, key_lengths: Sequence[int], rows: bytes, at: int) -> None:
        groups = self.groups
        for index, length in enumerate(key_lengths, number):
            if length == NO_KEY:
                self.without_key += 1
                continue
            key = rows[at : at + length]
            at += length
            members = groups.get(key)
            if members is None:
                groups[key] = [index]
            else:
                members.append(index)

    def sorted_groups(self) -> Iterator[tuple[bytes, list[int], bytes]]:
        """Yield each key, the numbers of its records, and the digest of both, by key."""
        leaves = self.leaves
        for key in sorted(self.groups):
            members = self.groups[key]
            begin = b"%d:%b" % (len(key), key)
            yield key, members, sha256(begin + b"".join([leaves[i] for i in members])).digest()
