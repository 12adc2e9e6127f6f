"""What an incremental stage remembers between runs, in ``.distill/incremental``.

It is derived: without it, or where it is damaged or of another recipe, everything is computed. It
is never believed about outputs: a shard is kept or copied from after its bytes were read.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from distill.errors import DistillError
from distill.receipts.canonical import Json
from distill.receipts.incremental.columns import (
    ColumnFile,
    Streamed,
    numbers_of_column,
    numbers_to_column,
    read_columns,
    segments_of_columns,
    segments_to_columns,
    write_columns,
)
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.remembered import FormerRows
from distill.receipts.incremental.segments import Segments
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.incremental/2"


@dataclass(frozen=True, slots=True)
class Items:
    """The parts of outputs in their order: each one's key (32 bytes), length and records."""

    keys: Keys = field(default_factory=Keys)
    lengths: "array[int]" = field(default_factory=lambda: array("Q"))
    records: "array[int]" = field(default_factory=lambda: array("Q"))

    def __len__(self) -> int:
        return len(self.keys)


class Shard(NamedTuple):
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

    ``rows`` is, by the digest of a part, what a stage knows of its records; it lies on the disk.
    """

    recipe: str
    items: Items = field(default_factory=Items)
    shards: tuple[Shard, ...] = ()
    segments: Mapping[str, Segments] = field(default_factory=dict)
    rows: FormerRows = field(default_factory=FormerRows)


def read_memory(workspace: Workspace, slot: str, recipe: str) -> Memory:
    """Return what is remembered of a slot under this recipe; nothing where that is not sound."""
    found = read_columns(_place(workspace, slot), FORMAT)
    if found is None or found[0].get("recipe") != recipe:
        return Memory(recipe)
    try:
        return _memory(*found)
    except (DistillError, ValueError, LookupError, TypeError, OverflowError):
        return Memory(recipe)


def write_memory(
    workspace: Workspace, slot: str, memory: Memory, rows: Mapping[str, bytes | Streamed]
) -> None:
    """Put a memory on the disk, in whole or not at all; where that can't be done, leave it.

    The rows are those of ``rows``, as columns. The caller holds the slot's lock.
    """
    columns = {
        "keys": memory.items.keys.content,
        "lengths": numbers_to_column(memory.items.lengths),
        "records": numbers_to_column(memory.items.records),
        **segments_to_columns(memory.segments.values()),
        **rows,
    }
    shards: Json = [[s.path, s.blake3, s.first, s.last, s.is_full] for s in memory.shards]
    files: Json = [[name, len(found)] for name, found in memory.segments.items()]
    head = {"recipe": memory.recipe, "shards": shards, "files": files}
    write_columns(_place(workspace, slot), FORMAT, head, columns)


def _place(workspace: Workspace, slot: str) -> Path:
    return workspace.root / ".distill" / "incremental" / slot


def _memory(head: Mapping[str, Any], columns: ColumnFile) -> Memory:
    counts = [int(count) for _, count in head["files"]]
    names = [str(name) for name, _ in head["files"]]
    found = Memory(
        str(head["recipe"]),
        Items(
            Keys(columns["keys"]),
            numbers_of_column(columns["lengths"]),
            numbers_of_column(columns["records"]),
        ),
        tuple(Shard(*one) for one in head["shards"]),
        dict(zip(names, segments_of_columns(counts, columns), strict=True)),
        FormerRows(columns),
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
