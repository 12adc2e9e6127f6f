"""Lists of parts give what was put into them, and take little memory for each."""

import tracemalloc
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest

from distill.receipts.incremental.columns import segments_of_columns, segments_to_columns
from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.segments import Segment, Segments
from distill.receipts.inputs import WatchedInput
from distill.stages.part_lists import ReadParts, SegmentParts


def _segments(count: int, first: int = 0) -> Iterator[Segment]:
    """Yield segments of growing length, as one file has them."""
    end = line = 0
    for number in range(first, first + count):
        size, records = 70_000 + number, 1 + number % 7
        digest = sha256(str(number).encode()).digest()
        yield Segment(end, end + size, line, records, digest)
        end, line = end + size, line + records


def _make(one: WatchedInput, segment: Segment) -> Part[tuple[object, Segment]]:
    return Part.at_hand(segment.digest, segment.end - segment.start, (one, segment))


def _told(part: Part[Any]) -> tuple[bytes, int, Any]:
    return part.key, part.size, part.again()


@pytest.mark.parametrize("counts", [[], [0], [3], [2, 0, 4], [0, 1, 0, 0, 5, 0]])
def test_a_part_is_the_same_whenever_it_is_asked_for(counts: list[int]) -> None:
    """By its number or one after the other; files without segments have no part."""
    files = [
        (cast("WatchedInput", at), Segments.of(_segments(n, at))) for at, n in enumerate(counts)
    ]
    expected = [_told(_make(one, segment)) for one, found in files for segment in found]
    parts = SegmentParts(files, _make)
    read: ReadParts[Any] = ReadParts()
    for part in parts:
        read.append(part)
    for found in (parts, read):
        assert len(found) == len(expected)
        assert [_told(part) for part in found] == expected
        assert [_told(found[number]) for number in range(len(expected))] == expected
        with pytest.raises(IndexError):
            found[len(expected)]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_segments_are_those_that_were_put_together(count: int) -> None:
    """By number, from the end, in slices, and out of the columns of a file."""
    expected = list(_segments(count))
    found = Segments.of(iter(expected))
    assert list(found) == [found[at] for at in range(count)] == expected
    assert [found[at - count] for at in range(count)] == expected
    assert found[1:-1] == expected[1:-1]
    with pytest.raises(IndexError):
        found[count]
    others = Segments.of(_segments(3, 9))
    columns = segments_to_columns([others, found, others])
    assert segments_of_columns([3, count, 3], columns) == [others, found, others]
    with pytest.raises(ValueError, match="segments"):
        segments_of_columns([3, count + 1, 3], columns)


def test_a_part_takes_little_memory() -> None:
    """A million short runs have some 100,000 of them: of a shard it is its segment's 48 bytes."""
    count = 20_000
    tracemalloc.start()
    try:
        parts = SegmentParts([(cast("WatchedInput", None), Segments.of(_segments(count)))], _make)
        of_shards = tracemalloc.get_traced_memory()[0]
        read: ReadParts[Path] = ReadParts()
        for number, part in enumerate(parts):
            read.append(Part(part.key, part.size, None, partial(Path, str(number))))
        of_logs = tracemalloc.get_traced_memory()[0] - of_shards
    finally:
        tracemalloc.stop()
    assert of_shards < 60 * count
    assert of_logs < 300 * count
