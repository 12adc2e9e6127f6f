"""Parts that are read a second time: what holds other bytes by then is refused, not taken."""

from hashlib import sha256
from pathlib import Path

import pytest

from distill.errors import SourceError
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental.segments import Segment
from distill.sources.registry import source_for
from distill.stages.line_parts import PartLines
from distill.stages.part_reader import PartReader, digest_of_frames
from distill.stages.row_store import Extent, read_extents
from distill.stages.scored_parts import ScoredLines, digest_of

LINES = [b'{"prompt":"a","response":"b"}\n', b'{"prompt":"c","response":"d"}\n']


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file of two lines."""
    place = tmp_path / "log.jsonl"
    place.write_bytes(b"".join(LINES))
    return place


def change(place: Path) -> None:
    """Write one other letter: as many bytes, as many records."""
    place.write_bytes(place.read_bytes().replace(b'"c"', b'"x"'))


@pytest.mark.parametrize("is_array", [False, True])
def test_records_of_a_log(log: Path, is_array: bool) -> None:
    """Lines are read by their place, and all else from the file's beginning."""
    if is_array:
        log.write_bytes(b"[" + b",".join(LINES) + b"]")
    source = source_for("mapped").from_settings({"prompt": "/prompt", "response": "/response"})
    reader = PartReader("log.jsonl", log, source)
    frames = tuple(reader.frames())
    segment = Segment(frames[0].start, frames[-1].end, 0, 2, digest_of_frames(frames))
    assert reader.again(segment) == frames
    change(log)
    with pytest.raises(SourceError, match="changed while"):
        PartReader("log.jsonl", log, source).again(segment)


def test_lines_of_a_shard(log: Path) -> None:
    """Their leaf hashes tell."""
    leaves = [sha256(b"\0" + line[:-1]).digest() for line in LINES]
    segment = Segment(0, log.stat().st_size, 0, 2, sha256(b"".join(leaves)).digest())
    part = PartLines("log.jsonl", log, segment)
    assert [line for _, line in part.lines()] == LINES
    change(log)
    with pytest.raises(SourceError, match="changed while"):
        list(part.lines())


def test_scored_lines(log: Path) -> None:
    """What they are scored by tells, and their number; where their evidence lies does not."""
    segment = Segment(0, log.stat().st_size, 0, 2, digest_of(LINES))
    part = ScoredLines(log, segment)
    assert [line for _, line in part.lines()] == LINES
    change(log)
    with pytest.raises(SourceError, match="changed while"):
        list(part.lines())


def test_rows_of_a_log(log: Path) -> None:
    """Each is held against its own digest; one in a file of our own has none."""
    first, second = len(LINES[0]), len(LINES[1])
    rows = [
        Extent(log, 0, first, digest_bytes(LINES[0]).hex),
        Extent(log, first, second, digest_bytes(LINES[1]).hex),
    ]
    assert read_extents(rows) == LINES
    change(log)
    assert read_extents(rows[:1]) == LINES[:1]
    with pytest.raises(SourceError, match="changed while"):
        read_extents(rows)
