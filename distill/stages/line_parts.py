"""The shards that a stage before wrote, in parts: some neighbouring lines, cut by content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.segments import Segment, read_records
from distill.receipts.inputs import WatchedInput
from distill.stages.part_lists import SegmentParts


@dataclass(frozen=True, slots=True)
class PartLines:
    """The lines of a part, as a worker is given them: it reads them itself."""

    path: str
    place: Path
    segment: Segment

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield each line, newline included, with the byte at which it starts in its file.

        Raises:
            SourceError: the file holds other lines by now.
        """
        start = self.segment.start
        for record in read_records(self.place, self.segment):
            yield start, record + b"\n"
            start += len(record) + 1


def parts_of_shards(
    running: Running, role: str, *, is_placed: bool
) -> Mapping[str, SegmentParts[PartLines]]:
    """Return the parts of the inputs of a role, in order, by source: the folder of their shard.

    ``is_placed``: what comes of a line follows from where it stands too.
    """
    make = partial(_part, is_placed=is_placed)
    return {
        source: SegmentParts([(one, running.segments_of(one)) for one in shards], make)
        for source, shards in shards_by_source(running, role).items()
    }


def shards_by_source(running: Running, role: str) -> Mapping[str, list[WatchedInput]]:
    """Return the inputs of a role, in order, by source: the folder of their shard."""
    found: dict[str, list[WatchedInput]] = {}
    for one in sorted(running.inputs, key=lambda one: one.path):
        if one.role == role:
            found.setdefault(Path(one.path).parent.name, []).append(one)
    return found


def _part(one: WatchedInput, segment: Segment, *, is_placed: bool) -> Part[PartLines]:
    key = segment.digest
    if is_placed:
        key = sha256(f"{segment.start} {one.path} ".encode() + key).digest()
    lines = PartLines(one.path, one.place, segment)
    return Part.at_hand(key, segment.end - segment.start, lines)
