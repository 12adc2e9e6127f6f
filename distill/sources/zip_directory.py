"""The directory of a zip archive, read with nothing believed.

Source of the format: APPNOTE.TXT 6.3.10, 4.3.12 (directory), 4.3.14 to 4.3.16 (its end, Zip64),
4.5.3 (Zip64's extra field). What an archive says of itself is held against the file: where its
directory lies, how many members it names, that no two of them share bytes.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple

from distill.sources.strict_json import MAX_SAFE_INTEGER

ARCHIVE_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
MAX_DIRECTORY_BYTES: Final = 64 * 2**20

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL_BYTES: Final = 30
_LONGEST_COMMENT: Final = 2**16 - 1
_SEE_ZIP64: Final = 2**32 - 1
_ZIP64_FIELD: Final = 1
_UTF8_NAME: Final = 0x800


class ArchiveError(Exception):
    """An archive, or one of its members, that can't be read: by which rule, and what was seen."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail


class Entry(NamedTuple):
    """A member as the directory names it; sizes in bytes, `offset` that of its local header."""

    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int


class _End(NamedTuple):
    entries: int
    size: int
    offset: int
    position: int  # where the directory must end


def read_directory(file: BinaryIO) -> list[Entry]:
    """Return the members in the order of the directory.

    Raises:
        ArchiveError: the archive is cut short, broken, in several volumes, or its directory is
            larger than `MAX_DIRECTORY_BYTES`.
    """
    end = _read_end(file)
    if end.size > MAX_DIRECTORY_BYTES:
        raise ArchiveError(
            "archive_too_large", f"its directory has {end.size:,} bytes: it names too many members"
        )
    if end.offset + end.size != end.position:
        raise _broken("its directory is not where its end says")
    file.seek(end.offset)
    directory = file.read(end.size)
    entries = list(_entries(directory))
    if len(entries) != end.entries:
        raise _broken(f"its directory names {len(entries)} members, its end says {end.entries}")
    if sum(entry.size for entry in entries) > MAX_SAFE_INTEGER:
        raise _broken("its members claim more bytes than any file has")
    _check_places(entries, end.offset)
    return entries


def _read_end(file: BinaryIO) -> _End:
    length = file.seek(0, 2)
    start = max(length - _END.size - _LONGEST_COMMENT, 0)
    file.seek(start)
    tail = file.read(length - start)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0 and len(tail) - at >= _END.size:
        _, disk, first, here, entries, size, offset, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment == len(tail):
            break
        at = tail.rfind(b"PK\x05\x06", 0, at)
    else:
        raise ArchiveError(
            "archive_truncated", "the archive ends before its directory, which names its members"
        )
    position = start + at
    located = _read_end_64(file, position)
    if located is not None:
        return located
    if disk or first or here != entries:
        raise _broken("it is one of several volumes")
    return _End(entries, size, offset, position)


def _read_end_64(file: BinaryIO, position: int) -> _End | None:
    """Return what Zip64's end says, null where the archive has none."""
    if position < _LOCATOR.size:
        return None
    file.seek(position - _LOCATOR.size)
    magic, disk, at, disks = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if magic != b"PK\x06\x07":
        return None
    if disk or disks > 1:
        raise _broken("it is one of several volumes")
    if at + _END_64.size > position:
        raise _broken("the end of its directory is not where it says")
    file.seek(at)
    magic, *_, entries, size, offset = _END_64.unpack(file.read(_END_64.size))
    if magic != b"PK\x06\x06":
        raise _broken("the end of its directory is not where it says")
    return _End(entries, size, offset, at)


def _entries(directory: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(directory):
        if len(directory) - at < _ENTRY.size or directory[at : at + 4] != b"PK\x01\x02":
            raise _broken("its directory is no list of members")
        fields = _ENTRY.unpack_from(directory, at)
        _, _, _, flags, method, _, _, crc, compressed, size, name, extra, comment = fields[:13]
        at += _ENTRY.size
        named = directory[at : at + name]
        extra_field = directory[at + name : at + name + extra]
        at += name + extra + comment
        if at > len(directory):
            raise _broken("its directory ends in the middle of a member")
        sizes = _with_zip64(extra_field, [size, compressed, fields[-1]])
        yield Entry(_decode(named, flags), flags, method, crc, sizes[1], sizes[0], sizes[2])


def _decode(name: bytes, flags: int) -> str:
    try:
        return name.decode("utf-8" if flags & _UTF8_NAME else "cp437")
    except UnicodeDecodeError:
        raise _broken("a member's name is not the UTF-8 that it claims to be") from None


def _with_zip64(extra: bytes, sizes: list[int]) -> list[int]:
    """Put the 64-bit numbers of the extra field for those that refer to it, in their order."""
    if _SEE_ZIP64 not in sizes:
        return sizes
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4
        if kind == _ZIP64_FIELD:
            field = extra[at : at + length]
            numbers = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
            found = [next(numbers, -1) if size == _SEE_ZIP64 else size for size in sizes]
            if -1 not in found:
                return found
            break
        at += length
    raise _broken("a member's Zip64 field lacks a size")


def _check_places(entries: list[Entry], directory_at: int) -> None:
    """Refuse members that share bytes: each byte would be decompressed once for each of them."""
    starts = sorted((one.offset, one.compressed) for one in entries)
    starts.append((directory_at, 0))
    for (offset, compressed), (next_offset, _) in pairwise(starts):
        if offset + _LOCAL_BYTES + compressed > next_offset:
            raise _broken("two members share bytes")


def _broken(detail: str) -> ArchiveError:
    return ArchiveError("archive_broken", detail)
