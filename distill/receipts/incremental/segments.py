"""Cutting a file of lines into segments by content.

A segment is a run of whole records. It ends after a record whose own digest says so, or when it is
`LONGEST` bytes long: an edit or growth changes the segments that it touches, and those after it are
cut where they were cut before.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from distill.errors import SourceError
from distill.receipts.merkle import LEAF_PREFIX

#: Segments are about this many bytes long.
USUAL: Final = 128 * 1024
LONGEST: Final = 4 * USUAL
_BUFFER: Final = 1 << 20
_NEWLINE: Final = 10


@dataclass(frozen=True, slots=True)
class Segment:
    """Whole records of a file: bytes ``start`` to ``end``, ``line`` the first one's number from 0.

    ``digest`` (32 bytes) is SHA-256 over the RFC 6962 leaf hashes of the records, so it says
    nothing of where the segment lies.
    """

    start: int
    end: int
    line: int
    records: int
    digest: bytes


def cut_file(path: Path) -> tuple[Segment, ...]:
    """Return the segments of a file, which is read once.

    Raises:
        SourceError: the file can't be read.
    """
    try:
        with path.open("rb", buffering=_BUFFER) as lines:
            return tuple(cut(lines))
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from error


def cut(lines: Iterable[bytes]) -> Iterator[Segment]:
    """Yield the segments of lines with their newlines; the last line needs none.

    A record ends its segment with a probability of its length in `USUAL`, which the first four
    bytes of its leaf hash decide.
    """
    start = end = line = 0
    leaves: list[bytes] = []
    usual, longest = USUAL, LONGEST
    for text in lines:
        size = len(text)
        leaf = sha256(LEAF_PREFIX + (text[:-1] if text[-1] == _NEWLINE else text)).digest()
        leaves.append(leaf)
        end += size
        # What `is_end` says, a million times.
        if int.from_bytes(leaf[:4], "big") * usual < size << 32 or end - start >= longest:
            yield Segment(start, end, line, len(leaves), sha256(b"".join(leaves)).digest())
            start, line, leaves = end, line + len(leaves), []
    if leaves:
        yield Segment(start, end, line, len(leaves), sha256(b"".join(leaves)).digest())


def is_end(digest: bytes, size: int, usual: int) -> bool:
    """Whether a part of ``size`` bytes ends its whole, if wholes are to be ``usual`` bytes long."""
    return int.from_bytes(digest[:4], "big") * usual < size << 32


def read_records(path: Path, segment: Segment) -> list[bytes]:
    """Return the records of a segment, without newlines.

    Raises:
        SourceError: the file can't be read, or holds other records there by now.
    """
    try:
        with path.open("rb", buffering=0) as file:
            content = read_range(file.fileno(), segment.start, segment.end)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from error
    records = content.removesuffix(b"\n").split(b"\n") if content else []
    leaves = (sha256(LEAF_PREFIX + record).digest() for record in records)
    if sha256(b"".join(leaves)).digest() != segment.digest:
        raise changed_meanwhile(path)
    return records


def changed_meanwhile(path: Path) -> SourceError:
    """Return the error of an input that is no longer what was read before."""
    return SourceError(
        f"{path} changed while the stage ran",
        "run it again when its writer is done, or copy the file first",
    )


def read_range(descriptor: int, start: int, end: int) -> bytes:
    """Return bytes of an open file, fewer where it ends. One call of the system gives 2 GiB."""
    content = os.pread(descriptor, end - start, start)
    while len(content) < end - start:
        more = os.pread(descriptor, end - start - len(content), start + len(content))
        if not more:
            break
        content += more
    return content
