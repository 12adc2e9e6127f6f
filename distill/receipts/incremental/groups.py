"""The groups of an input: sorted by key, and worked out again where segments came or went.

Most segments stay from run to run, and with them the members and the digest of every group that has
no record elsewhere. So the table of the run before is taken as it is, in columns, and what is done
for each group alone is done for those that lost or gained a record.

Law: `regroup` gives what it gives of an input of which nothing was known before.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from typing import Final

from distill.receipts.incremental.columns import numbers_of_column, numbers_to_column
from distill.receipts.incremental.keys import KEY_BYTES, Keys
from distill.receipts.incremental.rows import KeptRows, Rows
from distill.receipts.incremental.texts import Texts

_PART_BITS: Final = 32
_INDEX: Final = 2**_PART_BITS - 1
_MOST_PARTS: Final = 2**31
_WIDTH: Final = 8
_AT_ONCE: Final = 1 << 15  # records whose keys are in memory as objects, or
_SHARE: Final = 32  # one of so many: the table is copied each time, which would grow as its square


def _no_numbers() -> "array[int]":
    return array("Q")


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups, sorted by key: digests (over key and records), and how many records each has.

    ``parts`` are the digests of the segments in their order, each with a number of its own in
    ``numbers``, which it keeps as long as it stays. ``members`` are the records of the groups, one
    group after the other, each in the order of the input; see `part_of` and `index_of`. A group
    takes some 60 bytes and its key, a record 8.
    """

    parts: Keys = field(default_factory=Keys)
    numbers: "array[int]" = field(default_factory=_no_numbers)
    keys: Texts = field(default_factory=Texts)
    digests: Keys = field(default_factory=Keys)
    counts: "array[int]" = field(default_factory=_no_numbers)
    members: "array[int]" = field(default_factory=_no_numbers)

    def column(self) -> bytes:
        """Return the groups as bytes; the digests are for the caller to keep."""
        return b"".join(
            [
                numbers_to_column([len(self.parts), len(self.keys), len(self.members)]),
                self.parts.content,
                numbers_to_column(self.numbers),
                numbers_to_column(self.keys.lengths),
                numbers_to_column(self.counts),
                numbers_to_column(self.members),
                self.keys.content,
            ]
        )

    @classmethod
    def of_column(cls, column: bytes, digests: Keys) -> "Groups":
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

        at += parts * KEY_BYTES
        found = Keys(column[3 * _WIDTH : at])
        own, lengths, counts = numbers(parts), numbers(keys), numbers(keys)
        listed = numbers(members)
        if sum(counts) != members or len(digests) != keys:
            message = f"{keys} groups of {members} records"
            raise ValueError(message)
        return cls(found, own, Texts(column[at:], lengths), digests, counts, listed)


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
    numbers = array(
        "Q", (former.numbers[kept[at]] if at in kept else next(fresh) for at in range(len(parts)))
    )
    stay = set(kept.values())
    gone = {number: at for at, number in enumerate(former.numbers) if at not in stay}
    segments = _Segments(Keys.of(parts), numbers, rows)
    found, worked_out = former, 0
    for changed in _changes(former, gone, segments, kept):
        table = _Table(found, gone, segments)
        for key in sorted(changed):
            table.put(key, changed[key])
        found, worked_out = table.whole(), worked_out + len(changed)
    return Groups(
        segments.digests, numbers, found.keys, found.digests, found.counts, found.members
    ), worked_out


def _changes(
    former: Groups, gone: Mapping[int, int], segments: "_Segments", kept: Mapping[int, int]
) -> Iterator[dict[bytes, list[int]]]:
    """Yield the groups that lost or gained records, by their keys: the records that they gained.

    As many as are in memory at once: first those that lost one, which is no member any more then.
    """
    changed: dict[bytes, list[int]] = {}
    records, before = 0, len(former.members)

    def parts() -> Iterator[tuple[bytes, int | None]]:
        yield from ((former.parts[at], None) for at in gone.values())
        for at, digest in enumerate(segments.digests):
            if at not in kept:
                yield digest, segments.numbers[at] << _PART_BITS

    for digest, begin in parts():
        for index, key in segments.rows(digest).keys():  # noqa: SIM118 - it is no mapping
            gained = changed.setdefault(key, [])
            records += 1
            if begin is not None:
                gained.append(begin | index)
        if records >= max(_AT_ONCE, before // _SHARE):
            yield changed
            changed, records, before = {}, 0, before + records
    if changed:
        yield changed


class _Segments:
    """The segments of an input, by their numbers."""

    def __init__(self, digests: Keys, numbers: "array[int]", rows: Callable[[bytes], Rows]) -> None:
        self.digests, self.numbers, self.rows = digests, numbers, rows
        self.order = {number: at for at, number in enumerate(numbers)}
        self._kept = KeptRows(lambda number: rows(digests[self.order[number]]))

    def leaves(self, members: Iterable[int]) -> bytes:
        """Return the leaf hashes of records, one after the other."""
        of = self._kept.of
        return b"".join([of(one >> _PART_BITS).leaf(one & _INDEX) for one in members])

    def place(self, member: int) -> tuple[int, int]:
        """Return what a record of the input is sorted by."""
        return self.order[member >> _PART_BITS], member & _INDEX


class _Table:
    """Groups while they are put together, in the order of their keys."""

    def __init__(self, former: Groups, gone: Mapping[int, int], segments: _Segments) -> None:
        self._former, self._gone, self._segments = former, gone, segments
        self._bounds = array("Q", accumulate(former.counts, initial=0))
        self._at = 0
        self._made = Groups()

    def put(self, key: bytes, gained: list[int]) -> None:
        """Take all former groups before this key, and the group with its members by now."""
        former, made = self._former, self._made
        at = former.keys.place_of(key, self._at)
        self._take(at)
        members = gained
        if at < len(former.keys) and former.keys[at] == key:
            self._at += 1
            before = former.members[self._bounds[at] : self._bounds[at + 1]]
            stay = [one for one in before if one >> _PART_BITS not in self._gone]
            members = [*stay, *gained]
            if stay and gained:
                members.sort(key=self._segments.place)
        if members:
            made.keys.append(key)
            made.digests.append(self._digest(key, members))
            made.counts.append(len(members))
            made.members.extend(members)

    def whole(self) -> Groups:
        """Return all groups, with the former ones behind the last key."""
        self._take(len(self._former.keys))
        return self._made

    def _take(self, behind: int) -> None:
        former, made, begin, bounds = self._former, self._made, self._at, self._bounds
        made.keys.extend(former.keys, begin, behind)
        made.digests.extend(former.digests, begin, behind)
        made.counts.extend(former.counts[begin:behind])
        made.members.extend(former.members[bounds[begin] : bounds[behind]])
        self._at = behind

    def _digest(self, key: bytes, members: Sequence[int]) -> bytes:
        return sha256(b"%d:%b" % (len(key), key) + self._segments.leaves(members)).digest()


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
