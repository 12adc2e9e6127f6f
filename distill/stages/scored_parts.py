"""The scored runs in parts that don't change where their evidence only moved.

A scored line names its evidence by file and bytes. Where an edit makes a shard longer, or one more,
all evidence behind it moves, and says the same: what is exported of it follows from the rest of the
line, in which the digest of the evidence stands. So these parts are cut, and known, without places.

What comes of a part is as long as the evidence of its runs, so its length counts where it ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from distill.receipts.incremental import workers
from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.segments import Cutter, Segment, Segments, changed_meanwhile
from distill.receipts.inputs import WatchedInput
from distill.records.scored import evidence_bytes, without_place
from distill.stages.line_parts import shards_by_source
from distill.stages.lines import RandomReader, read_lines
from distill.stages.part_lists import SegmentParts

_LEAF: Final = b"\x00scored "  # no leaf of a record tree: what it is over is no record
_LIGHTER: Final = 16  # so many bytes of evidence weigh as much as one of a scored line
_PLACELESS: Final = ":placeless"  # of a file's digest: its segments without places


@dataclass(frozen=True, slots=True)
class ScoredLines:
    """The scored lines of a part, as a worker is given them: it reads them itself."""

    place: Path
    segment: Segment

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield each line, newline included, with the byte at which it starts in its file.

        Raises:
            SourceError: the file holds other lines by now.
        """
        segment = self.segment
        with RandomReader() as reader:
            lines = reader.read(self.place, segment.start, segment.end).splitlines(keepends=True)
        if len(lines) != segment.records or digest_of(lines) != segment.digest:
            raise changed_meanwhile(self.place)
        start = segment.start
        for line in lines:
            yield start, line
            start += len(line)


def parts_of_scored(running: Running) -> SegmentParts[ScoredLines]:
    """Return the parts of the scored runs, source by source, in order."""
    sources = shards_by_source(running, "scored").values()
    return SegmentParts(
        [(one, _segments_of(running, one)) for shards in sources for one in shards], _part
    )


def _segments_of(running: Running, one: WatchedInput) -> Segments:
    name = one.blake3.hex + _PLACELESS
    found = running.memory.segments.get(name) or Segments.of(cut_scored(one.place))
    running.segments[name] = found
    return found


def _part(one: WatchedInput, segment: Segment) -> Part[ScoredLines]:
    lines = ScoredLines(one.place, segment)
    return Part.at_hand(segment.digest, segment.end - segment.start, lines)


def cut_scored(path: Path) -> Iterator[Segment]:
    """Yield the segments of a file of scored lines; where evidence lies does not move them."""
    cutter = Cutter()  # over weights in the place of sizes
    begin = end = 0
    for start, line in read_lines(path):
        cutter.take([_leaf(line)], [len(line) + evidence_bytes(line) // _LIGHTER])
        end = start + len(line)
        for ended in cutter.ended():
            yield ended._replace(start=begin, end=end)
            begin = end
    cutter.close()
    yield from (last._replace(start=begin, end=end) for last in cutter.ended())


def worth_workers(scored: Sequence[Path], evidence: Sequence[Path]) -> int:
    """Return how many bytes of these scored lines have evidence that workers are worth while for.

    See `distill.receipts.incremental.workers.in_order`.
    """
    lines, theirs = (sum(path.stat().st_size for path in paths) for paths in (scored, evidence))
    return workers.WORTH_WORKERS * lines // max(1, theirs)


def digest_of(lines: list[bytes]) -> bytes:
    """Return the digest (32 bytes) of a part: over its lines without places."""
    return sha256(b"".join([_leaf(line) for line in lines])).digest()


def _leaf(line: bytes) -> bytes:
    return sha256(_LEAF + without_place(line)).digest()
