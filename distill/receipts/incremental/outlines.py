"""Files of lines that grew: a pass over one goes on where what was known of it ends.

A pass leaves **marks**: at ends of segments, the BLAKE3 of all bytes before, and the record tree
over the lines before. The next pass over the same path hashes its bytes as ever. While the BLAKE3
at a mark is the one that was marked, the lines before it are neither cut nor hashed one by one.

Law: both digests, records, root and segments are those of a pass that knows nothing.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from distill.receipts.digest import FileSums, Fingerprint, LineTree, Sha256
from distill.receipts.incremental.cuts import cuts
from distill.receipts.incremental.segments import Cutter, Segment, Segments
from distill.receipts.merkle import MerkleRoot

#: There are so many bytes between two marks at least; at most twice as many are held in memory.
STRIDE: Final = 512 * 1024
_MOST_HELD: Final = 8 * 1024 * 1024


class Mark(NamedTuple):
    """A place in a file: where a segment ended, and what lay before it.

    ``segments`` and ``records`` are numbers of those before, ``digest`` is the BLAKE3 (32 bytes)
    of the bytes before, ``peaks`` the record tree over the lines before.
    """

    end: int
    segments: int
    records: int
    digest: bytes
    peaks: tuple[bytes, ...]


class Outline(NamedTuple):
    """What a pass over a file of lines found: its segments, and the marks."""

    segments: Segments
    marks: tuple[Mark, ...]


class OutlinedSums(FileSums):
    """The sums of a file, gathered with its outline; ``former`` is one of an earlier state of it.

    What is found is kept among `cuts`.
    """

    outline: Outline

    def __init__(self, name: str, former: Outline | None = None) -> None:
        self._lines = _Lines()
        super().__init__(name, self._lines)
        self._former = former or Outline(Segments.of(()), ())
        is_lines = self._tree is not None
        self._ahead = deque(_within_reach(self._former.marks) if is_lines else ())
        self._held: list[bytes] = []  # read since the last mark
        self._hashed = 0
        self._marks: list[Mark] = []

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes of the file."""
        self.bytes += len(data)
        self._second.update(data)
        rest = self._compared(memoryview(data)) if self._ahead else memoryview(data)
        if not rest:
            return
        if self._tree is None:
            self._first.update(rest)
            return
        self._release()
        before = self._hashed
        self._tree.update(data if len(rest) == len(data) else rest)
        for end, segments, tree in self._lines.stops():
            self._hash(rest[self._hashed - before : end - before])
            peaks = tree.peaks
            self._marks.append(Mark(end, segments, tree.size, self._first.digest(), peaks))
        self._hash(rest[self._hashed - before :])

    def result(self) -> Fingerprint:
        """Return what there is to say, at the file's end."""
        self._release()
        found = super().result()
        self.take_over(found, Outline(Segments.of(self._lines.segments), tuple(self._marks)))
        return found

    def told(self) -> Outline:
        """Return the outline."""
        return self.outline

    def take_over(self, found: Fingerprint, told: Any) -> None:
        """Know the sums and the outline that a pass over the file found."""
        self.outline = told
        if self._tree is not None:
            cuts.keep(found.blake3.hex, self.outline.segments)

    def _hash(self, data: memoryview) -> None:
        self._first.update(data)
        self._hashed += len(data)

    def _compared(self, data: memoryview) -> memoryview:
        """Hash bytes as far as there are marks ahead; return those behind the last one."""
        while self._ahead:
            mark = self._ahead[0]
            piece, data = data[: mark.end - self._hashed], data[mark.end - self._hashed :]
            self._hash(piece)
            self._held.append(bytes(piece))
            if self._hashed < mark.end:
                return data
            if self._first.digest() != mark.digest:
                self._ahead.clear()
                return data
            self._ahead.popleft()
            self._held.clear()
            self._marks.append(mark)
            self._lines.go_on(mark, self._former.segments)
        return data

    def _release(self) -> None:
        """Take the lines since the last mark that held: they are not those that were known."""
        held, self._held = self._held, []
        self._ahead.clear()
        for piece in held:
            self._lines.update(piece)
        self._lines.stops()  # their digests have gone by


class _Lines(LineTree):
    """The tree over lines that are cut as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.segments: list[Segment] = []
        self._cutter = Cutter()
        self._last_stop = 0
        self._stops: list[tuple[int, int, MerkleRoot]] = []

    def go_on(self, mark: Mark, segments: Sequence[Segment]) -> None:
        """Go on behind a mark; ``segments`` are those of the file that it was made in."""
        self._tree = MerkleRoot(mark.records, mark.peaks)
        self.segments = list(segments[: mark.segments])
        self._cutter = Cutter(mark.end, mark.records)
        self._last_stop = mark.end

    def stops(self) -> list[tuple[int, int, MerkleRoot]]:
        """Return where a mark can be made since this was asked last: end, segments and tree."""
        found, self._stops = self._stops, []
        return found

    def take(self, leaves: list[bytes], sizes: list[int]) -> None:
        """Add whole lines."""
        self._cutter.take(leaves, sizes)
        ended = self._cutter.ended()
        self.segments += ended
        at, first = 0, self._tree.size
        for number, one in enumerate(ended, len(self.segments) - len(ended) + 1):
            if one.end - self._last_stop >= STRIDE:
                last = one.line + one.records - first
                self._tree.extend(leaves[at:last])
                at = last
                self._stops.append((one.end, number, MerkleRoot(self._tree.size, self._tree.peaks)))
                self._last_stop = one.end
        self._tree.extend(leaves[at:])

    def close(self) -> tuple[int, Sha256]:
        """Return the number of lines and the root over them; the last segment ends, too."""
        found = super().close()
        self._cutter.close()
        self.segments += self._cutter.ended()
        return found


def _within_reach(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Yield marks as long as what lies between them can be held."""
    before = 0
    for mark in marks:
        if mark.end - before > _MOST_HELD:
            return
        yield mark
        before = mark.end
