"""The files of a source in parts: some neighbouring raw records, cut by content.

A part is what is read anew when something in it changed. Its key holds all that its evidence
follows from: the source's table and what surrounds it, the file's name, and each record's place and
digest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final, Self, TypeAlias

from distill.receipts.incremental import segments
from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.segments import Segment, is_end
from distill.sources.framing import MAX_RECORD_BYTES, detect, frame
from distill.sources.lines import frame_lines
from distill.sources.protocol import BadFrame, Framing, RawRecord, Source
from distill.stages.jobs import SourceJob
from distill.workspace.reading import is_gzip, read_blocks

Frame: TypeAlias = RawRecord | BadFrame

_BLOCK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a part, as a worker is given them: the file's recorded path, and the frames.

    ``has_root``: the receipt's own entry of the file has a root over its lines.
    """

    path: str
    has_root: bool
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class SourceParts:
    """Cuts the files of a job; ``files`` are their places by recorded path."""

    running: Running
    job: SourceJob
    source: Source
    files: Mapping[str, Path]
    digests: Mapping[str, str]
    terms: str  # what all parts follow from, beside their records

    @classmethod
    def of(cls, running: Running, job: SourceJob, files: Mapping[str, Path]) -> Self:
        """Return what cuts the files of a job."""
        digests = {one.path: one.blake3.hex for one in running.inputs}
        table = job.model_dump_json(exclude={"files", "withdrawn", "is_withdrawn"})
        around = (digests[path] for path in (*job.task_files, *job.listing_files))
        return cls(running, job, job.reader(), files, digests, " ".join([table, *around]))

    def of_file(self, path: str, *, knows: Callable[[bytes], bool]) -> Iterator[Part[Records]]:
        """Yield the parts of a file; it is not read where all of them are known."""
        name = f"{self.digests[path]}:{self.source.framing}:{self.source.records_at}"
        found = self.running.memory.segments.get(name)
        if found is not None:
            parts = [self._part(path, segment) for segment in found]
            if all(knows(part.key) for part in parts):
                self.running.segments[name] = found
                yield from parts
                return
        cut: list[Segment] = []
        for segment, frames in self._cut(path):
            cut.append(segment)
            yield replace(self._part(path, segment), job=self._records(path, frames))
        self.running.segments[name] = tuple(cut)

    def _part(self, path: str, segment: Segment) -> Part[Records]:
        key = sha256(f"{self.terms} {path} ".encode() + segment.digest).digest()
        return Part(key, segment.end - segment.start, None, partial(self._again, path, segment))

    def _records(self, path: str, frames: Iterable[Frame]) -> Records:
        has_root = path.endswith(".jsonl") and not is_gzip(self.files[path])
        return Records(path, has_root, tuple(frames))

    def _cut(self, path: str) -> Iterator[tuple[Segment, list[Frame]]]:
        start = line = 0
        frames: list[Frame] = []
        for one in self._frames(path):
            frames.append(one)
            size = one.end - one.start
            digest = bytes.fromhex(one.blake3[:8])
            if is_end(digest, size, segments.USUAL) or one.end - start >= segments.LONGEST:
                yield _segment(start, line, frames), frames
                start, line, frames = one.end, line + len(frames), []
        if frames:
            yield _segment(start, line, frames), frames

    def _frames(self, path: str) -> Iterator[Frame]:
        blocks = read_blocks(self.files[path])
        return frame(blocks, self.source.framing, records_at=self.source.records_at)

    def _again(self, path: str, segment: Segment) -> Records:
        """Read the records of a part from their file again."""
        if self._is_plain_lines(path):
            return self._records(path, _lines_of(self.files[path], segment))
        frames = islice(self._frames(path), segment.line, segment.line + segment.records)
        return self._records(path, frames)

    def _is_plain_lines(self, path: str) -> bool:
        place = self.files[path]
        if is_gzip(place) or self.source.records_at:
            return False
        if self.source.framing is not Framing.AUTO:
            return self.source.framing is Framing.LINES
        return detect(next(read_blocks(place), b"")) is Framing.LINES


def _segment(start: int, line: int, frames: list[Frame]) -> Segment:
    places = "".join(
        f"{one.start} {one.end} {one.line} {one.pointer} {one.blake3}\n" for one in frames
    )
    digest = sha256(places.encode("utf-8", "surrogatepass")).digest()
    return Segment(start, frames[-1].end, line, len(frames), digest)


def _lines_of(place: Path, segment: Segment) -> Iterator[Frame]:
    """Yield the records of a part of a file of lines, of which nothing before is parsed."""
    with place.open("rb") as file:
        before, left = 0, segment.start
        while left:
            block = file.read(min(_BLOCK, left))
            before += block.count(b"\n")
            left -= len(block)
        content = file.read(segment.end - segment.start)
    for one in frame_lines([content], MAX_RECORD_BYTES):
        line = None if one.line is None else one.line + before
        yield replace(one, start=one.start + segment.start, end=one.end + segment.start, line=line)
