"""The records of a file of a source: all of them, or those of one part after another."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from msgspec.structs import replace

from distill.receipts.incremental.segments import Segment, changed_meanwhile
from distill.sources.framing import MAX_RECORD_BYTES, UTF16_BOMS, detect
from distill.sources.lines import frame_lines
from distill.sources.protocol import BadFrame, Framing, RawRecord, Source
from distill.stages.record_trees import lines_have_a_root
from distill.workspace.reading import is_gzip, read_blocks, read_records

Frame: TypeAlias = RawRecord | BadFrame

_BLOCK: Final = 2**20


def digest_of_frames(frames: Iterable[Frame]) -> bytes:
    """Return the digest of a part: of its records' places, bytes, context and faults."""
    told = "".join(
        f"{one.start} {one.end} {one.line} {one.pointer} {one.blake3} {_beside(one)}\n"
        for one in frames
    )
    return sha256(told.encode("utf-8", "surrogatepass")).digest()


def _beside(one: Frame) -> str:
    """Return what a record's evidence follows from, beside its place and bytes."""
    if isinstance(one, BadFrame):
        return f"{one.rule} {one.detail}"
    return " ".join(f"{part.start} {part.pointer} {part.blake3}" for part in one.context)


class PartReader:
    """Reads a file of a source.

    Parts that are asked for in their order cost one way through the file; one before the last one
    asked for costs the way from the file's start.
    """

    def __init__(self, path: str, place: Path, source: Source) -> None:
        self.path = path
        self.place = place
        #: Whether the receipt's own entry of the file has a root over its lines.
        self.has_root = lines_have_a_root(path, place)
        self._source = source
        self._counted = self._newlines = 0  # the bytes in which newlines were counted, and these
        self._frames: Iterator[Frame] = iter(())
        self._passed = -1  # the records that were taken off them, -1: they aren't begun

    def frames(self) -> Iterator[Frame]:
        """Yield the records of the whole file."""
        return read_records(self.place, self._source)

    def again(self, segment: Segment) -> tuple[Frame, ...]:
        """Return the records of a part.

        Raises:
            SourceError: the file can't be read, or holds other records by now.
        """
        found = self._lines(segment) if self._is_plain_lines else self._framed(segment)
        if digest_of_frames(found) != segment.digest:
            raise changed_meanwhile(self.place)
        return found

    @cached_property
    def _is_plain_lines(self) -> bool:
        framing = self._source.framing
        head = next(read_blocks(self.place), b"")
        if is_gzip(self.place) or self._source.records_at or head.startswith(UTF16_BOMS):
            return False
        return (detect(head) if framing is Framing.AUTO else framing) is Framing.LINES

    def _lines(self, segment: Segment) -> tuple[Frame, ...]:
        """Read a part of a file of lines, of which nothing before is parsed."""
        if segment.start < self._counted:
            self._counted = self._newlines = 0
        with self.place.open("rb") as file:
            file.seek(self._counted)
            for block in _blocks(file, segment.start - self._counted):
                self._newlines += block.count(b"\n")
            self._counted = segment.start
            blocks = _blocks(file, segment.end - segment.start)
            found = frame_lines(blocks, MAX_RECORD_BYTES)
            return tuple(_moved(one, segment.start, self._newlines) for one in found)

    def _framed(self, segment: Segment) -> tuple[Frame, ...]:
        if not 0 <= self._passed <= segment.line:
            self._frames, self._passed = self.frames(), 0
        begin = segment.line - self._passed
        self._passed = segment.line + segment.records
        return tuple(islice(self._frames, begin, begin + segment.records))


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the next bytes of a file, fewer where it ends."""
    while block := file.read(min(_BLOCK, size)):
        yield block
        size -= len(block)


def _moved(one: Frame, start: int, lines: int) -> Frame:
    """Return a record that was framed without what stands before its part."""
    line = None if one.line is None else one.line + lines
    return replace(one, start=one.start + start, end=one.end + start, line=line)
