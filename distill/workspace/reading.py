"""From a log file to its bytes and its records: decompressed, in blocks, never mapped."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from distill.errors import SourceError
from distill.sources.framing import records_of
from distill.sources.gunzip import gunzip
from distill.sources.protocol import BadFrame, Envelope, RawRecord, Source
from distill.sources.zip_directory import ARCHIVE_MAGIC

_BLOCK: Final = 2**20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_MAGIC_BYTES: Final = 4


def read_blocks(path: Path) -> Iterator[bytes]:
    """Yield the decompressed bytes of a plain or gzipped file, in blocks of about 1 MiB.

    What is gzip is told by its first two bytes, not by its name.

    Raises:
        SourceError: the file is missing or unreadable, or its gzip stream is cut short or corrupt.
    """
    try:
        yield from _blocks(path)
    except SourceError as error:
        raise SourceError(f"{path}: {error.message}", error.hint) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def read_records(path: Path, source: Source) -> Iterator[RawRecord | BadFrame]:
    """Yield the records of a file as its source frames them; ranges are in decompressed bytes.

    Raises:
        SourceError: as `read_blocks`, or the file has nothing where its records must stand.
    """
    read = partial(read_blocks, path)
    if not isinstance(source.framing, Envelope) or not is_archive(path):
        yield from records_of(source, read)
        return
    try:
        with path.open("rb") as file:
            yield from records_of(source, read, archive=file)
    except OSError as error:
        raise _unreadable(path, error) from None


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip archive, by its first bytes.

    Raises:
        SourceError: the file is missing or unreadable.
    """
    return _first_bytes(path).startswith(ARCHIVE_MAGIC)


def is_gzip(path: Path) -> bool:
    """Return whether `read_blocks` would decompress the file.

    Raises:
        SourceError: the file is missing or unreadable.
    """
    return _first_bytes(path).startswith(_GZIP_MAGIC)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAGIC_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        first = file.read(_BLOCK)
        plain = _chain(first, iter(lambda: file.read(_BLOCK), b""))
        yield from gunzip(plain) if first[:2] == _GZIP_MAGIC else plain


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"{path} can't be read: {error.strerror}", "check that it exists and its permissions"
    )


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
