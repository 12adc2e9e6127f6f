"""The files of a source in parts: some neighbouring raw records, cut by content.

A part is what is read anew when something in it changed. Its key holds all that its evidence
follows from: the source's table and what surrounds it, the file's name, and each record's place and
digest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from distill.receipts.incremental import segments
from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.segments import Segment, Segments, is_end
from distill.sources.framing import framing_label
from distill.sources.protocol import Source
from distill.stages.jobs import SourceJob
from distill.stages.part_reader import Frame, PartReader, digest_of_frames

#: So many segments make a part: what is done for all of its runs at once pays by their number.
SEGMENTS: Final = 2


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a part, as a worker is given them: the file's recorded path, and the frames.

    ``has_root``: the receipt's own entry of the file has a root over its lines.
    """

    path: str
    has_root: bool
    frames: tuple[Frame, ...]


@dataclass(slots=True)
class SourceParts:
    """Cuts the files of a job; ``files`` are their places by recorded path."""

    running: Running
    job: SourceJob
    source: Source
    files: Mapping[str, Path]
    digests: Mapping[str, str]
    sizes: Mapping[str, int]
    terms: str  # what all parts follow from, beside their records
    last: PartReader | None = None  # of the file that was asked for last

    @classmethod
    def of(cls, running: Running, job: SourceJob, files: Mapping[str, Path]) -> Self:
        """Return what cuts the files of a job."""
        digests = {one.path: one.blake3.hex for one in running.inputs}
        sizes = {one.path: one.entry.bytes for one in running.inputs}
        table = job.model_dump_json(exclude={"files", "withdrawn", "is_withdrawn"})
        around = (digests[path] for path in job.around)
        terms = " ".join([table, *around])
        return cls(running, job, job.reader(), files, digests, sizes, terms)

    def of_file(self, path: str, *, knows: Callable[[bytes], bool]) -> Iterator[Part[Records]]:
        """Yield the parts of a file; it is not read where all of them are known."""
        name = self._name(path)
        reader = self._reader(path)
        found = self.running.memory.segments.get(name)
        if found is not None:
            parts = [self._part(reader, number, one) for number, one in enumerate(found)]
            if all(knows(part.key) for part in parts):
                self.running.segments[name] = found
                yield from parts
                return
        cut: list[Segment] = []
        for segment, frames in _cut(reader):
            records = Records(path, reader.has_root, tuple(frames))
            yield replace(self._part(reader, len(cut), segment), job=records)
            cut.append(segment)
        self.running.segments[name] = Segments.of(cut)

    def of_whole_files(self, paths: tuple[str, ...]) -> Part[tuple[str, ...]]:
        """Return files that belong together as one part, which is known without reading them."""
        told = "".join(f"\n{path} {self.digests[path]}" for path in paths)
        key = sha256(f"{self.terms}\nwhole files{told}".encode()).digest()
        return Part.at_hand(key, sum(self.sizes[path] for path in paths), paths)

    def _part(self, reader: PartReader, number: int, segment: Segment) -> Part[Records]:
        around = f"{self.terms} {reader.path} {reader.has_root} "
        key = sha256(around.encode() + segment.digest).digest()
        again = partial(self._again, reader.path, number)
        return Part(key, segment.end - segment.start, None, again)

    def _again(self, path: str, number: int) -> Records:
        """Read the records of a part from their file again, which was cut to its end."""
        reader = self._reader(path)
        segment = self.running.segments[self._name(path)][number]
        return Records(path, reader.has_root, reader.again(segment))

    def _name(self, path: str) -> str:
        """Return under which name the segments of a file are remembered."""
        return f"{self.digests[path]}:{framing_label(self.source)}"

    def _reader(self, path: str) -> PartReader:
        if self.last is None or self.last.path != path:
            self.last = PartReader(path, self.files[path], self.source)
        return self.last


def _cut(reader: PartReader) -> Iterator[tuple[Segment, list[Frame]]]:
    start = line = 0
    frames: list[Frame] = []
    for one in reader.frames():
        frames.append(one)
        size = one.end - one.start
        digest = bytes.fromhex(one.blake3[:8])
        is_full = one.end - start >= SEGMENTS * segments.LONGEST
        if is_full or is_end(digest, size, SEGMENTS * segments.USUAL):
            yield _segment(start, line, frames), frames
            start, line, frames = one.end, line + len(frames), []
    if frames:
        yield _segment(start, line, frames), frames


def _segment(start: int, line: int, frames: Sequence[Frame]) -> Segment:
    return Segment(start, frames[-1].end, line, len(frames), digest_of_frames(frames))
