"""The groups of an input: sorted by key, and worked out again where segments came or went.

Most segments stay from run to run, and with them the members and the digest of every group that has
no record elsewhere. So the table of the run before is taken as it is, in columns, and what is done
for each group alone is done for those that lost or gained a record.

Law: `regroup` gives what it gives of an input of which nothing was known before.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Final

from distill.receipts.incremental.columns import (
    numbers_of_column,
    numbers_to_column,
    pieces_of_column,
)
from distill.receipts.incremental.rows import Rows

_PART_BITS: Final = 32
_INDEX: Final = 2**_PART_BITS - 1
_MOST_PARTS: Final = 2**31
_WIDTH: Final = 8
_DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups, sorted by key: digests (over key and records), and how many records each has.

    ``parts`` are the digests of the segments in their order, each with a number of its own in
    ``numbers``, which it keeps as long as it stays. ``members`` are the records of the groups, one
    group after the other, each in the order of the input; see `part_of` and `index_of`.
    """

    parts: Sequence[bytes] = ()
    numbers: Sequence[int] = ()
    keys: Sequence[bytes] = ()
    digests: Sequence[bytes] = ()
    counts: "array[int]" = field(default_factory=lambda: array("Q"))
    members: "array[int]" = field(default_factory=lambda: array("Q"))

    def column(self) -> bytes:
        """Return the groups as bytes; the digests are for the caller to keep."""
        return b"".join(
            [
                numbers_to_column([len(self.parts), len(self.keys), len(self.members)]),
                *self.parts,
                numbers_to_column(self.numbers),
                numbers_to_column([len(key) for key in self.keys]),
                numbers_to_column(self.counts),
                numbers_to_column(self.members),
                *self.keys,
            ]
        )

    @classmethod
    def of_column(cls, column: bytes, digests: Sequence[bytes]) -> "Groups":
        """Return the groups that `column` wrote.

        Raises:
            ValueError: these are none, or have other digests.
        """
        at = 3 * _WIDTH
        parts, keys, members = numbers_of_column(column[:at])

        def numbers(count: int) -> "array[int]":
            nonlocal at
            begin, at = at, at + count * _WIDTH
            return numbers_of_column(column[begin:at])

        at += parts * _DIGEST
        found = pieces_of_column(column[3 * _WIDTH : at])
        own, lengths, counts = numbers(parts), numbers(keys), numbers(keys)
        listed = numbers(members)
        ends = list(accumulate(lengths, initial=at))
        if ends[-1] != len(column) or sum(counts) != members or len(digests) != keys:
            message = f"{keys} groups of {members} records"
            raise ValueError(message)
        texts = [column[a:b] for a, b in pairwise(ends)]
        return cls(found, own.tolist(), texts, digests, counts, listed)


def part_of(member: int) -> int:
    """Return the number of the segment that a member lies in."""
    return member >> _PART_BITS


def index_of(member: int) -> int:
    """Return which record of its segment a member is."""
    return member & _INDEX


def regroup(
    former: Groups, parts: Sequence[bytes], rows: Callable[[bytes], Rows]
) -> tuple[Groups, int]:
    """Return the groups of an input with these segments, and how many were worked out.

    ``former`` are those of an earlier state of the input, or none; ``rows`` returns what is known
    of a segment by its digest, of one that is gone too.
    """
    if max(former.numbers, default=0) + len(parts) >= _MOST_PARTS:
        former = Groups()
    kept = dict(_kept(former.parts, parts))
    fresh = iter(range(max(former.numbers, default=-1) + 1, _MOST_PARTS))
    numbers = [former.numbers[kept[at]] if at in kept else next(fresh) for at in range(len(parts))]
    gone = set(range(len(former.parts))) - set(kept.values())
    lost = {key for at in gone for _, key in rows(former.parts[at]).keys()}  # noqa: SIM118
    gained: dict[bytes, list[int]] = {}
    for at, digest in enumerate(parts):
        if at not in kept:
            begin = numbers[at] << _PART_BITS
            for index, key in rows(digest).keys():  # noqa: SIM118 - it is no mapping
                gained.setdefault(key, []).append(begin | index)
    table = _Table(former, {former.numbers[at] for at in gone}, parts, numbers, rows)
    for key in sorted(lost | gained.keys()):
        table.put(key, gained.get(key, []))
    return table.whole(), len(lost | gained.keys())


class _Table:
    """Groups while they are put together, in the order of their keys."""

    def __init__(
        self,
        former: Groups,
        gone: set[int],
        parts: Sequence[bytes],
        numbers: Sequence[int],
        rows: Callable[[bytes], Rows],
    ) -> None:
        self._former, self._gone = former, gone
        self._bounds = list(accumulate(former.counts, initial=0))
        self._parts, self._numbers, self._rows = parts, numbers, rows
        self._order = {number: at for at, number in enumerate(numbers)}
        self._known: dict[int, Rows] = {}
        self._at = 0
        self.keys: list[bytes] = []
        self.digests: list[bytes] = []
        self.counts, self.members = array("Q"), array("Q")

    def put(self, key: bytes, gained: list[int]) -> None:
        """Take all former groups before this key, and the group with its members by now."""
        former = self._former
        at = bisect_left(former.keys, key, self._at)
        self._take(at)
        members = gained
        if at < len(former.keys) and former.keys[at] == key:
            self._at += 1
            before = former.members[self._bounds[at] : self._bounds[at + 1]]
            stay = [one for one in before if one >> _PART_BITS not in self._gone]
            members = self._sorted([*stay, *gained]) if stay and gained else stay or gained
        if members:
            self.keys.append(key)
            self.digests.append(self._digest(key, members))
            self.counts.append(len(members))
            self.members.extend(members)

    def whole(self) -> Groups:
        """Return all groups, with the former ones behind the last key."""
        self._take(len(self._former.keys))
        return Groups(
            self._parts, self._numbers, self.keys, self.digests, self.counts, self.members
        )

    def _take(self, behind: int) -> None:
        former, begin, bounds = self._former, self._at, self._bounds
        self.keys += former.keys[begin:behind]
        self.digests += former.digests[begin:behind]
        self.counts += former.counts[begin:behind]
        self.members += former.members[bounds[begin] : bounds[behind]]
        self._at = behind

    def _sorted(self, members: Iterable[int]) -> list[int]:
        order = self._order
        return sorted(members, key=lambda one: (order[one >> _PART_BITS], one & _INDEX))

    def _digest(self, key: bytes, members: Sequence[int]) -> bytes:
        leaves = [self._of(one >> _PART_BITS).leaf(one & _INDEX) for one in members]
        return sha256(b"%d:%b" % (len(key), key) + b"".join(leaves)).digest()

    def _of(self, number: int) -> Rows:
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._rows(self._parts[self._order[number]])
        return found


def _kept(former: Sequence[bytes], parts: Sequence[bytes]) -> Sequence[tuple[int, int]]:
    """Return which segments are former ones: new and former places, both in increasing order.

    As many as can be in one order are taken.
    """
    waiting: dict[bytes, deque[int]] = {}
    for at, digest in enumerate(former):
        waiting.setdefault(digest, deque()).append(at)
    pairs = [
        (at, waiting[digest].popleft()) for at, digest in enumerate(parts) if waiting.get(digest)
    ]
    return _longest_increasing(pairs)


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Return as many pairs as can be whose second parts increase."""
    lasts: list[int] = []  # of a sequence of each length, the least second part that can end it
    ends: list[int] = []
    before: dict[int, int] = {}
    for number, (_, second) in enumerate(pairs):
        length = bisect_left(lasts, second)
        if length:
            before[number] = ends[length - 1]
        lasts[length : length + 1] = [second]
        ends[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    at = ends[-1] if ends else None
    while at is not None:
        found.append(pairs[at])
        at = before.get(at)
    return found[::-1]
