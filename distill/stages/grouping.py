"""Many rows to one run: rows kept aside on disk, given back group by group, in order."""

import tempfile
from collections.abc import Callable, Iterator
from typing import Any, Final, Self

from distill.records.compact import compact
from distill.records.evidence import Provenance
from distill.records.taxonomy import QuarantineReason
from distill.sources.framing import MAX_RECORD_BYTES
from distill.sources.pointers import parse_pointer, resolve
from distill.sources.protocol import RawRecord, RecordError, Source
from distill.sources.rows import read_row, split_row
from distill.stages.narrow import NarrowTables, chunked

#: A run's rows are in memory together: four records of the largest size.
MAX_GROUP_BYTES: Final = 4 * MAX_RECORD_BYTES

_SCHEMA = """
CREATE TABLE members (
    key TEXT, rank, path TEXT, start INTEGER, end INTEGER, line INTEGER, pointer TEXT, blake3 TEXT,
    at INTEGER, size INTEGER, seq INTEGER PRIMARY KEY
);
"""


class RowGroups:
    """The rows of a source with `group_by`: bytes in a temporary file, keys in a narrow table."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._order_by = None if source.order_by is None else parse_pointer(source.order_by)
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._tables = NarrowTables(_SCHEMA)
        self._seq = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()
        self._tables.__exit__()

    def add(self, path: str, record: RawRecord) -> bool:
        """Keep a row of the file at the recorded `path`; false where it tells of no run.

        Raises:
            RecordError: the row is no JSON, or has no value to group or order by.
        """
        row = read_row(self._source, path, record.data)
        rank = self._seq if self._order_by is None else resolve(row, self._order_by)
        parts = split_row(self._source, row, path)
        for key, part in parts:
            if not isinstance(key, str | int) or not isinstance(rank, str | int | float):
                raise _ungrouped()
            data = record.data if part is row else compact(part).encode()
            self._keep(str(key), rank, path, record, data)
        return bool(parts)

    def _keep(self, key: str, rank: Any, path: str, record: RawRecord, data: bytes) -> None:
        at = self._spool.seek(0, 2)
        self._spool.write(data)
        place = (record.start, record.end, record.line, record.pointer, record.blake3)
        self._tables.add("members", (key, rank, path, *place, at, len(data), self._seq))
        self._seq += 1

    def in_order(
        self, provenance: Callable[[str, RawRecord], Provenance]
    ) -> Iterator[tuple[list[Any] | None, tuple[Provenance, ...]]]:
        """Yield the rows of each group, by `order_by`, groups in the order of their first row.

        A group of more than `MAX_GROUP_BYTES` is not read: it has null in the place of its rows.
        """
        rows = self._tables.rows(
            "SELECT members.* FROM members JOIN"
            " (SELECT key, MIN(seq) AS first FROM members GROUP BY key) USING (key)"
            " ORDER BY first, rank, seq"
        )
        for _, group in chunked(rows):
            is_large = sum(size for *_, size, _ in group) > MAX_GROUP_BYTES
            records = [(path, self._record(place, is_large)) for _, _, path, *place in group]
            origin = tuple(provenance(path, record) for path, record in records)
            if is_large:
                yield None, origin
                continue
            yield [read_row(self._source, path, record.data) for path, record in records], origin

    def _record(self, place: list[Any], is_large: bool) -> RawRecord:
        start, end, line, pointer, blake3, at, size, _ = place
        self._spool.seek(at)
        data = b"" if is_large else self._spool.read(size)
        return RawRecord(data, start, end, line, pointer, blake3)


def _ungrouped() -> RecordError:
    return RecordError(
        QuarantineReason.MISSING_SOURCE_RUN_ID,
        "group_by",
        "the row has no text or number to group by, or none to order by",
    )
