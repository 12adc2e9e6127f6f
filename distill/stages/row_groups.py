"""Rows that a value in them gathers into runs, wherever in the files of a source they lie.

A first pass over parts of the files gives **pieces**: the rows of one group in one part, by their
places and digests. They are remembered, so a part that did not change is not read. The pieces of a
group, one after the other, decide what it comes to: a group is a part by itself, whose rows are
read again only where a piece of it came, went or changed.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from distill.receipts.incremental.passes import Mapped, Part
from distill.sources.protocol import RawRecord
from distill.sources.rows import read_row
from distill.stages import grouping
from distill.stages.grouping import ranked
from distill.stages.jobs import SourceJob
from distill.stages.narrow import NarrowTables
from distill.stages.parts import Records, SourceParts
from distill.stages.record_reader import RecordReader
from distill.stages.row_store import Extent, RowStore, SplitRow, pack, read_extents
from distill.stages.surroundings import Surroundings, read_surroundings

_SCHEMA: Final = (
    "CREATE TABLE pieces (seq INTEGER PRIMARY KEY, key TEXT, path TEXT, size INTEGER, rows TEXT)"
)
_NOTHING_AROUND: Final = Surroundings({}, {}, None)


def start_gathering(job: SourceJob, files: Mapping[str, Path]) -> Callable[[Records], Mapped]:
    """Return what gives the pieces of parts of a job's files."""
    del files
    source = job.reader()
    return lambda records: _gather(RecordReader(job, source, _NOTHING_AROUND), records)


def _gather(reader: RecordReader, records: Records) -> Mapped:
    """Return the pieces of a part, in the order of their first rows: key, size, and rows as JSON.

    Of each row: its rank, its record's place and digest, and its number among the record's rows,
    null where it is the whole record. What is no whole record is the content (`pack`).
    """
    pieces: dict[str, tuple[list[int], list[Any]]] = {}
    split: list[SplitRow] = []
    for one in records.frames:
        rows = reader.gather(records.path, one, has_root=records.has_root)
        for number, row in enumerate(rows):
            sizes, told = pieces.setdefault(row.key, ([], []))
            sizes.append(len(row.data))
            place = (one.start, one.end, one.line, one.pointer, one.blake3)
            told.append((row.rank, *place, None if row.is_whole else number))
            if not row.is_whole:
                split.append((one.start, number, row.data))
    found = [(key, sum(sizes), json.dumps(told)) for key, (sizes, told) in pieces.items()]
    return replace(reader.mapped(pieces=found), content=pack(split))


@dataclass(frozen=True, slots=True)
class GroupRows:
    """The rows of a group in their order: the file and record of each (without its bytes).

    ``extents`` say where the rows lie; there are none where they are too large to be read together.
    """

    records: tuple[tuple[str, RawRecord], ...]
    extents: tuple[Extent, ...]


def start_answering(job: SourceJob, files: Mapping[str, Path]) -> Callable[[GroupRows], Mapped]:
    """Return what answers groups; the surroundings are read once.

    Raises:
        SourceError: a row of a task table or a listing is wrong.
    """
    source, surroundings = job.reader(), read_surroundings(job, files)
    return lambda group: _answer(RecordReader(job, source, surroundings), group)


def _answer(reader: RecordReader, group: GroupRows) -> Mapped:
    origin = tuple(reader.provenance(path, record) for path, record in group.records)
    if group.extents:
        contents = zip(group.records, read_extents(group.extents), strict=True)
        rows = [read_row(reader.source, path, data) for (path, _), data in contents]
        reader.answer(rows, origin)
    else:
        reader.refuse_group(origin)
    return reader.mapped()


class RowGroups:
    """The groups of a source, by the pieces of them: a narrow table.

    ``folder`` has room for rows that lie in no log as they are.
    """

    def __init__(self, cutter: SourceParts, folder: Path) -> None:
        self._cutter = cutter
        self._store = RowStore(cutter.source, cutter.files, folder)
        self._tables = NarrowTables(_SCHEMA)
        self._pieces = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.__exit__()
        self._tables.__exit__()

    def add(self, path: str, pieces: Iterable[tuple[str, int, str]], content: bytes | None) -> None:
        """Take the pieces of the next part, and its content where it is at hand."""
        self._store.keep(path, content or b"")
        for key, size, rows in pieces:
            self._tables.add("pieces", (self._pieces, key, path, size, rows))
            self._pieces += 1

    def parts(self) -> Iterator[Part[GroupRows]]:
        """Yield the groups, when all pieces are there, in the order of their first rows."""
        self._tables.run("CREATE INDEX by_key ON pieces (key)")
        keys = self._tables.rows("SELECT key FROM pieces GROUP BY key ORDER BY MIN(seq)")
        for (key,) in keys:
            told = sha256(f"{self._cutter.terms}\nrows of {len(key)} {key}".encode())
            whole = 0
            for path, size, rows in self._pieces_of(key):
                told.update(f"\n{path}\n{rows}".encode())
                whole += size
            yield Part(told.digest(), whole, None, partial(self._rows_of, key))

    def _pieces_of(self, key: str) -> Iterator[tuple[Any, ...]]:
        return self._tables.rows(
            "SELECT path, size, rows FROM pieces WHERE key = ? ORDER BY seq", (key,)
        )

    def _rows_of(self, key: str) -> GroupRows:
        """Return the rows of a group, found again by its key."""
        whole = 0
        found: list[Any] = []
        for path, size, rows in self._pieces_of(key):
            whole += size
            for rank, start, end, line, pointer, blake3, number in json.loads(rows):
                record = RawRecord(b"", start, end, line, pointer, blake3)
                found.append((rank, (path, record, number)))
        members = ranked(found)
        records = tuple((path, record) for path, record, _ in members)
        if whole > grouping.MAX_GROUP_BYTES:
            return GroupRows(records, ())
        extents = (self._store.extent(*member) for member in members)
        return GroupRows(records, tuple(extents))
