"""Files of columns, in which derived state is kept between runs.

A file holds a line of canonical JSON (the head), then columns of fixed-width numbers and bytes,
then the BLAKE3 of all before it. The seal is against damage and not against people.
"""

import sys
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from distill.errors import DistillError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental.keys import KEY_BYTES
from distill.receipts.incremental.segments import Segment
from distill.receipts.plain_files import Unread, read_plain

_DIGEST_BYTES: Final = 32
_MOST_BYTES: Final = 2**31

Columns = Mapping[str, bytes]


def read_columns(place: Path, form: str) -> tuple[Mapping[str, Any], Columns] | None:
    """Return the head and the columns of a file of this form; null where it is not sound."""
    content = read_plain(place, _MOST_BYTES)
    if isinstance(content, Unread) or len(content) < _DIGEST_BYTES:
        return None
    body, seal = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if bytes.fromhex(digest_bytes(body).hex) != seal:
        return None
    line, _, rest = body.partition(b"\n")
    try:
        head: Any = loads(line)
        if not isinstance(head, Mapping) or head["format"] != form:
            return None
        return head, _split(head["columns"], rest)
    except (DistillError, ValueError, LookupError, TypeError):
        return None


def write_columns(place: Path, form: str, head: Mapping[str, Json], columns: Columns) -> None:
    """Put a file on the disk, in whole or not at all; where that can't be done, leave it.

    One writer at a time: the caller holds the slot's lock.
    """
    widths: Json = [[name, len(column)] for name, column in columns.items()]
    line = dumps({**head, "format": form, "columns": widths}) + b"\n"
    body = line + b"".join(columns.values())
    partial = place.with_name(f"{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:  # neither through a link nor into a pipe
            file.write(body)
            file.write(bytes.fromhex(digest_bytes(body).hex))
        partial.replace(place)
    except OSError:
        with suppress(OSError):
            partial.unlink()


def numbers_to_column(values: Sequence[int]) -> bytes:
    """Return numbers from 0 to 2**64 - 1 as eight bytes each, the lowest first."""
    return _swapped(array("Q", values)).tobytes()


def numbers_of_column(column: bytes) -> "array[int]":
    """Return the numbers of a column."""
    values = array("Q")
    values.frombytes(column)
    return _swapped(values)


def pieces_of_column(column: bytes) -> list[bytes]:
    """Return the keys or digests of a column, 32 bytes each."""
    return [column[at : at + KEY_BYTES] for at in range(0, len(column), KEY_BYTES)]


def segments_to_columns(found: Sequence[Segment]) -> Columns:
    """Return segments of files, each file's one after the other, as columns."""
    return {
        "segment_digests": b"".join(one.digest for one in found),
        "segment_ends": numbers_to_column([one.end for one in found]),
        "segment_records": numbers_to_column([one.records for one in found]),
    }


def segments_of_columns(counts: Sequence[int], columns: Columns) -> list[tuple[Segment, ...]]:
    """Return the segments of files, of which each has so many."""
    digests = pieces_of_column(columns["segment_digests"])
    ends = numbers_of_column(columns["segment_ends"])
    records = numbers_of_column(columns["segment_records"])
    found: list[tuple[Segment, ...]] = []
    at = 0
    for count in counts:
        start = line = 0
        segments = []
        for index in range(at, at + count):
            segments.append(Segment(start, ends[index], line, records[index], digests[index]))
            start, line = ends[index], line + records[index]
        found.append(tuple(segments))
        at += count
    return found


def _split(widths: Any, rest: bytes) -> Columns:
    columns: dict[str, bytes] = {}
    begin = 0
    for name, width in widths:
        columns[str(name)] = rest[begin : begin + int(width)]
        begin += int(width)
    return columns


def _swapped(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
