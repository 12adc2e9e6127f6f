"""Cutting a file of lines into segments by content.

A segment is a run of whole records. It ends after a record whose own digest says so, or when it is
`LONGEST` bytes long: an edit or growth changes the segments that it touches, and those after it are
cut where they were cut before.
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple, Self, SupportsIndex, overload

from distill.errors import SourceError
from distill.receipts.digest import unreadable
from distill.receipts.merkle import LEAF_PREFIX

#: Segments are about this many bytes long.
USUAL: Final = 64 * 1024
LONGEST: Final = 4 * USUAL
_NEWLINE: Final = 10
_DIGEST_BYTES: Final = 32


class Segment(NamedTuple):
    """Whole records of a file: bytes ``start`` to ``end``, ``line`` the first one's number from 0.

    ``digest`` (32 bytes) is SHA-256 over the RFC 6962 leaf hashes of the records, so it says
    nothing of where the segment lies.
    """

    start: int
    end: int
    line: int
    records: int
    digest: bytes


class Segments(Sequence[Segment]):
    """The segments of a file from its begin on, in columns: a `Segment` is made for who asks.

    A segment takes 48 bytes of memory here, and some 300 as an object with numbers of its own.
    ``ends`` are the bytes and ``lines`` the records before the end of each, ``digests`` 32 bytes of
    each.
    """

    __slots__ = ("digests", "ends", "lines")

    def __init__(self, ends: "array[int]", lines: "array[int]", digests: bytes) -> None:
        self.ends, self.lines, self.digests = ends, lines, digests

    @classmethod
    def of(cls, found: Iterable[Segment]) -> Self:
        """Return segments that follow each other, of which the first begins its file."""
        kept = found if isinstance(found, Sequence) else list(found)
        return cls(
            array("Q", [one.end for one in kept]),
            array("Q", [one.line + one.records for one in kept]),
            b"".join([one.digest for one in kept]),
        )

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, at: SupportsIndex) -> Segment: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Segment]: ...
    def __getitem__(self, at: "SupportsIndex | slice") -> "Segment | Sequence[Segment]":
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = range(len(self))[at]
        start, line = (self.ends[number - 1], self.lines[number - 1]) if number else (0, 0)
        digest = self.digests[number * _DIGEST_BYTES : (number + 1) * _DIGEST_BYTES]
        return Segment(start, self.ends[number], line, self.lines[number] - line, digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    def __repr__(self) -> str:
        return f"Segments({list(self)})"


def cut(lines: Iterable[bytes]) -> Iterator[Segment]:
    """Yield the segments of lines with their newlines; the last line needs none."""
    cutter = Cutter()
    for text in lines:
        leaf = sha256(LEAF_PREFIX + (text[:-1] if text[-1] == _NEWLINE else text)).digest()
        cutter.take([leaf], [len(text)])
        yield from cutter.ended()
    cutter.close()
    yield from cutter.ended()


class Cutter:
    """Cuts a file, of which it is given the leaf hashes and the sizes of the lines.

    A record ends its segment with a probability of its length in `USUAL`, which the first four
    bytes of its leaf hash decide.
    """

    def __init__(self, start: int = 0, line: int = 0) -> None:
        self._segments: list[Segment] = []
        self._start = self._end = start
        self._line = line
        self._leaves: list[bytes] = []

    def ended(self) -> list[Segment]:
        """Return the segments that ended since they were asked for last."""
        found, self._segments = self._segments, []
        return found

    def take(self, leaves: Sequence[bytes], sizes: Sequence[int]) -> None:
        """Take the next lines."""
        ends = list(accumulate(sizes, initial=self._end))
        at = 0
        for last in self._last_lines(leaves, sizes, ends):
            self._leaves += leaves[at : last + 1]
            at, self._end = last + 1, ends[last + 1]
            self.close()
        self._leaves += leaves[at:]
        self._end = ends[-1]

    def close(self) -> None:
        """End the segment that is open, if there is one."""
        if self._leaves:
            digest = sha256(b"".join(self._leaves)).digest()
            count = len(self._leaves)
            self._segments.append(Segment(self._start, self._end, self._line, count, digest))
            self._start, self._line, self._leaves = self._end, self._line + count, []

    def _last_lines(
        self, leaves: Sequence[bytes], sizes: Sequence[int], ends: Sequence[int]
    ) -> Iterator[int]:
        """Yield the numbers of the lines with which segments end; ``ends[i]`` is before line i."""
        usual, longest, count = USUAL, LONGEST, len(leaves)
        start, at = self._start, 0
        for number in [*_likely(leaves, max(sizes), usual), count]:
            while (full := bisect_left(ends, start + longest, at + 1) - 1) < min(number + 1, count):
                yield full
                start, at = ends[full + 1], full + 1
            if at <= number < count and is_end(leaves[number], sizes[number], usual):
                yield number
                start, at = ends[number + 1], number + 1


def _likely(leaves: Sequence[bytes], longest: int, usual: int) -> Iterable[int]:
    """Return the lines of which `is_end` may hold: it does for no other."""
    bound = (longest << 32) // usual + 1
    if bound >> 32:
        return range(len(leaves))
    text = bound.to_bytes(4, "big")
    return [number for number, leaf in enumerate(leaves) if leaf < text]


def is_end(digest: bytes, size: int, usual: int) -> bool:
    """Whether a part of ``size`` bytes ends its whole, if wholes are to be ``usual`` bytes long."""
    return int.from_bytes(digest[:4], "big") * usual < size << 32


def read_records(path: Path, segment: Segment) -> list[bytes]:
    """Return the records of a segment, without newlines.

    Raises:
        SourceError: see `read_hashed`.
    """
    return read_hashed(path, segment)[0]


def read_hashed(path: Path, segment: Segment) -> tuple[list[bytes], list[bytes]]:
    """Return the records of a segment, without newlines, and the leaf hash of each.

    Raises:
        SourceError: the file can't be read, or holds other records there by now.
    """
    try:
        with path.open("rb", buffering=0) as file:
            content = read_range(file.fileno(), segment.start, segment.end)
    except OSError as error:
        raise unreadable(path, error) from error
    records = content.removesuffix(b"\n").split(b"\n") if content else []
    leaves = [sha256(LEAF_PREFIX + record).digest() for record in records]
    if sha256(b"".join(leaves)).digest() != segment.digest:
        raise changed_meanwhile(path)
    return records, leaves


def changed_meanwhile(path: Path) -> SourceError:
    """Return the error of an input that is no longer what was read before."""
    return SourceError(
        f"{path} changed while the stage ran",
        "run it again when its writer is done, or copy the file first",
    )


def read_range(descriptor: int, start: int, end: int) -> bytes:
    """Return bytes of an open file, fewer where it ends. One call of the system gives 2 GiB."""
    content = os.pread(descriptor, end - start, start)
    while len(content) < end - start:
        more = os.pread(descriptor, end - start - len(content), start + len(content))
        if not more:
            break
        content += more
    return content
