"""The shards that a stage before wrote, in parts: some neighbouring lines, cut by content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.segments import Segment, cut_file, read_records


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
) -> Mapping[str, list[Part[PartLines]]]:
    """Return the parts of the inputs of a role, in order, by source: the folder of their shard.

    ``is_placed``: what comes of a line follows from where it stands too.
    """
    found: dict[str, list[Part[PartLines]]] = {}
    for one in sorted(running.inputs, key=lambda one: one.path):
        if one.role == role:
            name = one.blake3.hex
            cut = running.memory.segments.get(name) or cut_file(one.place)
            running.segments[name] = cut
            parts = found.setdefault(Path(one.path).parent.name, [])
            parts += [_part(PartLines(one.path, one.place, s), is_placed=is_placed) for s in cut]
    return found


def _part(lines: PartLines, *, is_placed: bool) -> Part[PartLines]:
    segment = lines.segment
    key = segment.digest
    if is_placed:
        key = sha256(f"{segment.start} {lines.path} ".encode() + key).digest()
    return Part.at_hand(key, segment.end - segment.start, lines)
