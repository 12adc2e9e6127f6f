"""Where the rows of groups lie, so that any process can read them: in the logs, or beside them.

A row that is a whole record is read from its log. What can't be had there by its place lies in a
temporary file: the bytes of a gzipped log, and the rows that one record gives to several groups. A
log is unpacked once at most, and a record is split once at most.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Self

from msgspec.structs import replace

from distill.errors import SourceError
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental.segments import changed_meanwhile, read_range
from distill.sources.protocol import RawRecord, Source
from distill.stages.grouping import grouped_rows
from distill.stages.narrow import NarrowTables
from distill.workspace.reading import is_gzip, read_blocks

_SCHEMA: Final = (
    "CREATE TABLE split (path TEXT, start INTEGER, number INTEGER, at INTEGER, size INTEGER,"
    " PRIMARY KEY (path, start, number)) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes of a file. ``blake3`` (hex) is their digest, null in a file of our own."""

    place: Path
    start: int
    size: int
    blake3: str | None = None


#: A row that is one of several of its record: where the record starts, the row's number, the row.
SplitRow = tuple[int, int, bytes]


def pack(rows: Sequence[SplitRow]) -> bytes:
    """Return rows as bytes for `RowStore.keep`: a line that says where each lies, and the rows."""
    if not rows:
        return b""
    told = json.dumps([(start, number, len(data)) for start, number, data in rows]).encode()
    return b"".join([told, b"\n", *(data for _, _, data in rows)])


class RowStore:
    """Finds the rows of a source's records; ``folder`` has room for what lies beside the logs."""

    def __init__(self, source: Source, files: Mapping[str, Path], folder: Path) -> None:
        self._source, self._files = source, files
        self._beside = NamedTemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see __exit__
        self._size = 0
        self._tables = NarrowTables(_SCHEMA)
        self._logs: dict[str, tuple[Path, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.close()
        self._tables.__exit__()

    def keep(self, path: str, packed: bytes) -> None:
        """Take rows of a log that were split already."""
        told, _, data = packed.partition(b"\n")
        at = self._append(data)
        for start, number, size in json.loads(told or b"[]"):
            self._tables.add("split", (path, start, number, at, size))
            at += size

    def extent(self, path: str, record: RawRecord, number: int | None) -> Extent:
        """Return where a row of a record lies, whose bytes are not at hand.

        It is the whole record, or the row of this ``number`` among those that the record gives.

        Raises:
            SourceError: the log can't be read, or holds other records by now.
        """
        if number is None:
            place, begin = self._log(path)
            start = begin + record.start
            return Extent(place, start, record.end - record.start, record.blake3)
        found = self._found(path, record, number)
        if found is None:
            self._split(path, record)
            found = self._found(path, record, number)
        if found is None:
            raise changed_meanwhile(self._files[path])
        return Extent(Path(self._beside.name), *found)

    def _log(self, path: str) -> tuple[Path, int]:
        """Return the file in which a log lies unpacked, and the byte at which it begins there."""
        if path not in self._logs:
            place = self._files[path]
            if is_gzip(place):
                self._logs[path] = Path(self._beside.name), self._size
                for block in read_blocks(place):
                    self._append(block)
            else:
                self._logs[path] = place, 0
        return self._logs[path]

    def _found(self, path: str, record: RawRecord, number: int) -> tuple[int, int] | None:
        query = "SELECT at, size FROM split WHERE path = ? AND start = ? AND number = ?"
        for at, size in self._tables.rows(query, (path, record.start, number)):
            return at, size
        return None

    def _split(self, path: str, record: RawRecord) -> None:
        (data,) = read_extents([self.extent(path, record, None)])
        rows = enumerate(grouped_rows(self._source, path, replace(record, data=data)))
        self.keep(path, pack([(record.start, number, row.data) for number, row in rows]))

    def _append(self, data: bytes) -> int:
        at = self._size
        self._size += len(data)
        left = memoryview(data)
        while left:
            left = left[self._beside.write(left) :]
        return at


def read_extents(extents: Sequence[Extent]) -> list[bytes]:
    """Return the bytes of extents; each file is opened once.

    Raises:
        SourceError: a file can't be read, or holds other bytes by now.
    """
    open_files: dict[Path, int] = {}
    try:
        return [_read(extent, open_files) for extent in extents]
    except OSError as error:
        raise SourceError(
            f"{error.filename} can't be read: {error.strerror}",
            "check that it exists and its permissions",
        ) from error
    finally:
        for descriptor in open_files.values():
            os.close(descriptor)


def _read(extent: Extent, open_files: dict[Path, int]) -> bytes:
    descriptor = open_files.get(extent.place)
    if descriptor is None:
        descriptor = open_files[extent.place] = os.open(extent.place, os.O_RDONLY | os.O_CLOEXEC)
    data = read_range(descriptor, extent.start, extent.start + extent.size)
    if extent.blake3 is not None and digest_bytes(data).hex != extent.blake3:
        raise changed_meanwhile(extent.place)
    return data
