"""What an incremental stage remembers between runs, in ``.distill/incremental``.

It is derived: without it, or where it is damaged or of another recipe, everything is computed. It
is never believed about outputs: a shard is kept or copied from after its bytes were read.

A file holds a line of canonical JSON, then columns of fixed-width numbers and bytes, then the
BLAKE3 of all before it.
"""

import sys
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from distill.errors import DistillError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental.segments import Segment
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.incremental/1"
KEY_BYTES: Final = 32
_DIGEST_BYTES: Final = 32
_MOST_BYTES: Final = 2**31
_Columns = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Items:
    """The parts of outputs in their order: each one's key (32 bytes), length and records."""

    keys: Sequence[bytes]
    lengths: "list[int] | array[int]"
    records: "list[int] | array[int]"

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as it was written: where, its BLAKE3 (hex), and its items as a range of all items.

    ``is_full``: it ended because of what it holds, not because nothing followed.
    """

    path: str
    blake3: str
    first: int
    last: int
    is_full: bool


@dataclass(frozen=True)
class Memory:
    """What is remembered of one slot. ``segments`` are by the BLAKE3 (hex) of their file.

    ``rows`` is, by a segment's digest, what a group stage knows of its records.
    """

    recipe: str
    items: Items = field(default_factory=lambda: Items([], [], []))
    shards: tuple[Shard, ...] = ()
    segments: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    rows: Mapping[bytes, bytes] = field(default_factory=dict)


def read_memory(workspace: Workspace, slot: str, recipe: str) -> Memory:
    """Return what is remembered of a slot under this recipe; nothing where that is not sound."""
    content = read_plain(_place(workspace, slot), _MOST_BYTES)
    if isinstance(content, Unread) or len(content) < _DIGEST_BYTES:
        return Memory(recipe)
    body, seal = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if bytes.fromhex(digest_bytes(body).hex) != seal:
        return Memory(recipe)
    try:
        found = _memory(body)
    except (DistillError, ValueError, LookupError, TypeError, OverflowError):
        return Memory(recipe)
    return found if found.recipe == recipe else Memory(recipe)


def write_memory(workspace: Workspace, slot: str, memory: Memory) -> None:
    """Put a memory on the disk, in whole or not at all; where that can't be done, leave it.

    The caller holds the slot's lock.
    """
    place = _place(workspace, slot)
    partial = place.with_name(f"{place.name}.new")
    body = _body(memory)
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


def _place(workspace: Workspace, slot: str) -> Path:
    return workspace.root / ".distill" / "incremental" / slot


def _body(memory: Memory) -> bytes:
    segments = [one for found in memory.segments.values() for one in found]
    columns = {
        "keys": b"".join(memory.items.keys),
        "lengths": numbers_to_column(memory.items.lengths),
        "records": numbers_to_column(memory.items.records),
        "segment_digests": b"".join(one.digest for one in segments),
        "segment_ends": numbers_to_column([one.end for one in segments]),
        "segment_records": numbers_to_column([one.records for one in segments]),
        "row_digests": b"".join(memory.rows),
        "row_lengths": numbers_to_column([len(one) for one in memory.rows.values()]),
        "rows": b"".join(memory.rows.values()),
    }
    head: dict[str, Json] = {
        "format": FORMAT,
        "recipe": memory.recipe,
        "shards": [[s.path, s.blake3, s.first, s.last, s.is_full] for s in memory.shards],
        "files": [[name, len(found)] for name, found in memory.segments.items()],
        "columns": [[name, len(column)] for name, column in columns.items()],
    }
    return dumps(head) + b"\n" + b"".join(columns.values())


def _memory(body: bytes) -> Memory:
    line, _, rest = body.partition(b"\n")
    head: Any = loads(line)
    if not isinstance(head, Mapping) or head["format"] != FORMAT:
        message = "another format"
        raise ValueError(message)
    columns = _columns(head["columns"], rest)
    found = Memory(
        str(head["recipe"]),
        Items(
            _pieces(columns["keys"]),
            numbers_of_column(columns["lengths"]),
            numbers_of_column(columns["records"]),
        ),
        tuple(Shard(*one) for one in head["shards"]),
        _segments(head["files"], columns),
        _rows(columns),
    )
    _demand_whole(found)
    return found


def _demand_whole(memory: Memory) -> None:
    """Refuse shards that don't hold all items, one after the other."""
    at = 0
    for shard in memory.shards:
        if not isinstance(shard.path, str) or shard.first != at or shard.last < at:
            message = f"the shard {shard.path!r} holds other items"
            raise ValueError(message)
        at = shard.last
    items = memory.items
    if not at == len(items.keys) == len(items.lengths) == len(items.records):
        message = f"{at} items in shards"
        raise ValueError(message)


def _columns(widths: Any, rest: bytes) -> _Columns:
    columns: dict[str, bytes] = {}
    begin = 0
    for name, width in widths:
        columns[str(name)] = rest[begin : begin + int(width)]
        begin += int(width)
    return columns


def _segments(files: Any, columns: _Columns) -> dict[str, tuple[Segment, ...]]:
    digests = _pieces(columns["segment_digests"])
    ends, records = (
        numbers_of_column(columns["segment_ends"]),
        numbers_of_column(columns["segment_records"]),
    )
    found: dict[str, tuple[Segment, ...]] = {}
    at = 0
    for name, count in files:
        start = line = 0
        segments = []
        for index in range(at, at + int(count)):
            segments.append(Segment(start, ends[index], line, records[index], digests[index]))
            start, line = ends[index], line + records[index]
        found[str(name)] = tuple(segments)
        at += int(count)
    return found


def _rows(columns: _Columns) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    begin = 0
    lengths = numbers_of_column(columns["row_lengths"])
    for digest, length in zip(_pieces(columns["row_digests"]), lengths, strict=True):
        found[digest] = columns["rows"][begin : begin + length]
        begin += length
    return found


def _pieces(column: bytes) -> list[bytes]:
    return [column[at : at + KEY_BYTES] for at in range(0, len(column), KEY_BYTES)]


def numbers_to_column(values: Sequence[int]) -> bytes:
    """Return numbers from 0 to 2**64 - 1 as eight bytes each, the lowest first."""
    return _swapped(array("Q", values)).tobytes()


def numbers_of_column(column: bytes) -> "array[int]":
    """Return the numbers of a column."""
    values = array("Q")
    values.frombytes(column)
    return _swapped(values)


def _swapped(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
