"""From a log file to its bytes: decompressed, in blocks, never mapped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from distill.errors import SourceError
from distill.sources.gunzip import gunzip

_BLOCK: Final = 2**20
_GZIP_MAGIC: Final = b"\x1f\x8b"


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


def is_gzip(path: Path) -> bool:
    """Return whether `read_blocks` would decompress the file.

    Raises:
        SourceError: the file is missing or unreadable.
    """
    try:
        with path.open("rb") as file:
            return file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
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
