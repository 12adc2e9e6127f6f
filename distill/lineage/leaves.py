"""From a record file to the leaves of its tree: lines as they stand, or as a source frames them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from distill.errors import SourceError
from distill.receipts.merkle import leaf_hash
from distill.receipts.tree_file import Leaf
from distill.sources.protocol import RawRecord, Source
from distill.workspace.reading import read_blocks, read_records


def line_leaves(path: Path, size: int, id_field: str | None) -> Iterator[Leaf]:
    """Yield the lines of a file's first ``size`` bytes: a log may have grown since it was read.

    ``id_field`` names the field of a JSON line that is the record's id.

    Raises:
        SourceError: the file can't be read.
    """
    start = 0
    try:
        with path.open("rb") as file:
            while start < size and (line := file.readline(size - start)):
                record = line.removesuffix(b"\n")
                end = start + len(record)
                yield Leaf(start, end, leaf_hash(record), _id(record, id_field))
                start += len(line)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from error


def framed_leaves(path: Path, source: Source) -> Iterator[Leaf]:
    """Yield the records of a file as its source frames them; ranges are in decompressed bytes.

    Raises:
        SourceError: the file can't be read.
    """
    for record in read_records(path, source):
        if isinstance(record, RawRecord):
            yield Leaf(record.start, record.end, leaf_hash(record.data))


def read_range(path: Path, start: int, end: int, *, is_plain: bool) -> bytes:
    """Return the bytes of a range; of a compressed file, all before it is decompressed too.

    Raises:
        SourceError: the file can't be read.
    """
    if is_plain:
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except OSError as error:
            raise SourceError(f"{path} can't be read: {error.strerror}") from error
    found, offset = bytearray(), 0
    for block in read_blocks(path):
        if offset + len(block) > start:
            found += block[max(start - offset, 0) : end - offset]
        offset += len(block)
        if offset >= end:
            break
    return bytes(found)


def read_member(path: Path, start: int, source: Source) -> bytes:
    """Return the record of an archive that begins at a byte, empty where none does.

    Raises:
        SourceError: the file can't be read.
    """
    records = (one for one in read_records(path, source) if isinstance(one, RawRecord))
    return next((one.data for one in records if one.start == start and one.end > start), b"")


def _id(record: bytes, field: str | None) -> str | None:
    if field is None:
        return None
    try:
        row: Any = orjson.loads(record)
    except orjson.JSONDecodeError:
        return None
    found = row.get(field) if isinstance(row, dict) else None
    return found if isinstance(found, str) else None
