"""Files of columns, in which derived state is kept between runs.

A file holds a line of canonical JSON (the head), then columns of fixed-width numbers and bytes,
then the BLAKE3 of all before it. The seal is against damage and not against people.
"""

import os
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import sub
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from distill.errors import DistillError, SourceError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import digest_blocks
from distill.receipts.incremental.keys import KEY_BYTES
from distill.receipts.incremental.segments import Segments, changed_meanwhile, read_range
from distill.receipts.plain_files import Unread, open_plain

_DIGEST_BYTES: Final = 32
_BLOCK: Final = 1 << 20

Columns: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A column that is not in memory: its length in bytes, and the bytes in blocks."""

    size: int
    blocks: Iterable[bytes]

    def __len__(self) -> int:
        return self.size


class ColumnFile(Columns):
    """The columns of an open file, each read when it is asked for.

    ``places`` say where each begins, and its length. ``descriptor`` is for this object to close.
    """

    def __init__(self, path: Path, descriptor: int, places: Mapping[str, tuple[int, int]]) -> None:
        self._path, self._descriptor, self._places = path, descriptor, places

    def __del__(self) -> None:
        os.close(self._descriptor)

    def __getitem__(self, name: str) -> bytes:
        return self.read(name, 0, self.size_of(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def size_of(self, name: str) -> int:
        """Return the length of a column in bytes."""
        return self._places[name][1]

    def read(self, name: str, start: int, size: int) -> bytes:
        """Return some bytes of a column.

        Raises:
            SourceError: the file became shorter.
        """
        begin = self._places[name][0] + start
        content = read_range(self._descriptor, begin, begin + size)
        if len(content) != size:
            raise changed_meanwhile(self._path)
        return content


def read_columns(place: Path, form: str) -> tuple[Mapping[str, Any], ColumnFile] | None:
    """Return the head and the columns of a file of this form; null where it is not sound.

    It is read once in blocks, to be held against its seal.
    """
    file = open_plain(place)
    if isinstance(file, Unread):
        return None
    with file:
        try:
            end = os.fstat(file.fileno()).st_size - _DIGEST_BYTES
            head = _head(file, form, end)
            places = _places(head["columns"], file.tell(), end)
            return head, ColumnFile(place, os.dup(file.fileno()), places)
        except (DistillError, OSError, ValueError, LookupError, TypeError):
            return None


def write_columns(
    place: Path, form: str, head: Mapping[str, Json], columns: Mapping[str, bytes | Streamed]
) -> None:
    """Put a file on the disk, in whole or not at all; where that can't be done, leave it.

    One writer at a time: the caller holds the slot's lock.
    """
    widths: Json = [[name, len(column)] for name, column in columns.items()]
    line = dumps({**head, "format": form, "columns": widths}) + b"\n"
    partial = place.with_name(f"{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:  # neither through a link nor into a pipe
            seal = digest_blocks(_written(file, [line, *columns.values()]))
            file.write(bytes.fromhex(seal.hex))
        partial.replace(place)
    except (OSError, SourceError):  # a streamed column may come out of a file that was cut short
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


def segments_to_columns(found: Iterable[Segments]) -> Columns:
    """Return segments of files, each file's one after the other, as columns."""
    digests, ends, records = bytearray(), array("Q"), array("Q")
    for one in found:
        digests += one.digests
        ends.extend(one.ends)
        records.extend(map(sub, one.lines, chain([0], one.lines)))
    return {
        "segment_digests": bytes(digests),
        "segment_ends": numbers_to_column(ends),
        "segment_records": numbers_to_column(records),
    }


def segments_of_columns(counts: Sequence[int], columns: Columns) -> list[Segments]:
    """Return the segments of files, of which each has so many.

    Raises:
        ValueError: they have others together.
    """
    digests = columns["segment_digests"]
    ends = numbers_of_column(columns["segment_ends"])
    records = numbers_of_column(columns["segment_records"])
    told = sum(counts), len(ends), len(records), len(digests) // _DIGEST_BYTES
    if len(set(told)) > 1 or min(counts, default=0) < 0:
        message = f"{told} segments"
        raise ValueError(message)
    found: list[Segments] = []
    at = 0
    for count in counts:
        behind = at + count
        lines = array("Q", accumulate(records[at:behind]))
        own = digests[at * _DIGEST_BYTES : behind * _DIGEST_BYTES]
        found.append(Segments(ends[at:behind], lines, own))
        at = behind
    return found


def _head(file: BinaryIO, form: str, sealed: int) -> Mapping[str, Any]:
    """Return the head of a sound file, which is left where the columns begin.

    ``sealed`` is the length of what the seal is over.

    Raises:
        ValueError: it does not hold what its seal says, or is of another form.
        DistillError: the head is no JSON.
    """
    seal = digest_blocks(_blocks(file, sealed))
    if file.read() != bytes.fromhex(seal.hex):
        message = "other bytes than those that were sealed"
        raise ValueError(message)
    file.seek(0)
    head: Any = loads(file.readline().removesuffix(b"\n"))
    if head["format"] != form:
        message = f"the format {head['format']!r}"
        raise ValueError(message)
    found: Mapping[str, Any] = head
    return found


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(_BLOCK, size))):
        yield block
        size -= len(block)


def _places(widths: Any, begin: int, end: int) -> dict[str, tuple[int, int]]:
    """Return where columns of these widths lie, one after the other from ``begin`` to ``end``.

    Raises:
        ValueError: they don't.
    """
    places: dict[str, tuple[int, int]] = {}
    for name, width in widths:
        places[str(name)] = begin, int(width)
        begin += int(width)
    if begin != end or any(width < 0 for _, width in places.values()):
        message = f"columns that end at {begin} and not at {end}"
        raise ValueError(message)
    return places


def _written(file: BinaryIO, columns: Iterable[bytes | Streamed]) -> Iterator[bytes]:
    """Write columns, and yield their bytes."""
    for column in columns:
        for block in column.blocks if isinstance(column, Streamed) else (column,):
            file.write(block)
            yield block


def _swapped(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
