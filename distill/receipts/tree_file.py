"""The sidecar of one record file: every node of its tree, where records stand, which has which id.

With it a proof needs a few reads of a file of any length. It lies under ``.distill/trees``, named
by the BLAKE3 of the file that it describes, is derived from that file, and is never trusted: a
proof made with it ends in the root that a receipt names, or is thrown away with it. It holds only
what can be found again, so it may be deleted at any time.

Layout, little-endian: a header (magic, records n, ids m, bytes of ids, BLAKE3 of all that follows);
for each height the complete nodes of 32 bytes, leaves first; n pairs of start and end (8 bytes
each, in the bytes that hold the records, the newline not counted); m pairs of end-of-id and record
number, in the order of the ids as UTF-8; the ids, one after another.
"""

import os
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Final, Self

from distill.errors import VerificationError
from distill.receipts import durable
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.merkle import NODE_PREFIX
from distill.receipts.merkle_proofs import HASH_BYTES, TreeHead, head_of

TREES_DIR: Final = ".distill/trees"
_MAGIC: Final = b"distill.tree/1\n\0"
_HEADER: Final = struct.Struct("<16sQQQ32s")
_PAIR: Final = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record: its half-open byte range, its 32-byte leaf hash, and its id where it has one."""

    start: int
    end: int
    hash: bytes
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the sections of a sidecar begin."""

    records: int
    ids: int
    id_bytes: int

    @property
    def extents(self) -> int:
        return _HEADER.size + HASH_BYTES * sum(_level_sizes(self.records))

    @property
    def table(self) -> int:
        return self.extents + _PAIR.size * self.records

    @property
    def blob(self) -> int:
        return self.table + _PAIR.size * self.ids

    @property
    def total(self) -> int:
        return self.blob + self.id_bytes


def write_tree(path: Path, leaves: Iterable[Leaf]) -> TreeHead:
    """Write the sidecar of these records, whole or not at all, and return the head over them."""
    nodes, extents, ids = bytearray(), array("Q"), []
    for number, leaf in enumerate(leaves):
        nodes += leaf.hash
        extents.extend((leaf.start, leaf.end))
        if leaf.id is not None:
            ids.append((leaf.id.encode(), number))
    records = len(extents) // 2
    ids.sort()
    layout = _Layout(records, len(ids), sum(len(name) for name, _ in ids))
    body = b"".join(
        (*_levels(bytes(nodes)), _packed(extents), *_table(ids), *(name for name, _ in ids))
    )
    digest = bytes.fromhex(digest_bytes(body).hex)
    header = _HEADER.pack(_MAGIC, records, layout.ids, layout.id_bytes, digest)
    durable.replace_file(path, header + body, durable.new_token())
    with TreeFile(path) as written:
        return head_of(written, records)


class TreeFile:
    """An open sidecar; its nodes make proofs (`distill.receipts.merkle_proofs.Nodes`).

    Raises:
        VerificationError: there is none, or its header is no header; also by every method, where
            the file was cut short.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise VerificationError(f"{path} can't be read: {error.strerror}") from error
        try:
            magic, *numbers, self._digest = _HEADER.unpack(self._read(0, _HEADER.size))
            self._layout = _Layout(*numbers)
            has_size = os.fstat(self._descriptor).st_size == self._layout.total
            if magic != _MAGIC or not has_size:
                raise self._damaged()
            self._below = [0, *accumulate(_level_sizes(self.size))]
        except VerificationError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """How many records the file has."""
        return self._layout.records

    def is_whole(self) -> bool:
        """Read all of the sidecar and say whether it is as it was written."""
        body = self._read(_HEADER.size, self._layout.total - _HEADER.size)
        return digest_bytes(body) == Digest(self._digest.hex())

    def node(self, level: int, index: int) -> bytes:
        """Return the root over the leaves from ``index << level`` to ``(index + 1) << level``."""
        return self._read(_HEADER.size + HASH_BYTES * (self._below[level] + index), HASH_BYTES)

    def extent(self, index: int) -> tuple[int, int]:
        """Return the half-open byte range of a record."""
        return self._pair(self._layout.extents, index)

    def index_at(self, start: int) -> int | None:
        """Return the number of the record that starts there; null where none does."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self.extent(middle)[0] < start:
                low = middle + 1
            else:
                high = middle
        return low if low < self.size and self.extent(low)[0] == start else None

    def find(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the ids that begin with a text, in order, each with its record's number."""
        wanted = prefix.encode()
        low, high = 0, self._layout.ids
        while low < high:
            middle = (low + high) // 2
            if self._id(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        for place in range(low, self._layout.ids):
            found = self._id(place)
            if not found.startswith(wanted):
                return
            yield found.decode(errors="replace"), self._pair(self._layout.table, place)[1]

    def _id(self, place: int) -> bytes:
        start = self._pair(self._layout.table, place - 1)[0] if place else 0
        end, _ = self._pair(self._layout.table, place)
        if not start <= end <= self._layout.id_bytes:
            raise self._damaged()
        return self._read(self._layout.blob + start, end - start)

    def _pair(self, section: int, index: int) -> tuple[int, int]:
        first, second = _PAIR.unpack(self._read(section + _PAIR.size * index, _PAIR.size))
        return first, second

    def _read(self, offset: int, size: int) -> bytes:
        try:
            found = os.pread(self._descriptor, size, offset)
        except (OSError, OverflowError) as error:
            raise self._damaged() from error
        if len(found) != size:
            raise self._damaged()
        return found

    def _damaged(self) -> VerificationError:
        return VerificationError(f"the sidecar {self._path.name} is damaged", "delete it")


def _level_sizes(records: int) -> list[int]:
    return [records >> level for level in range(records.bit_length())]


def _levels(nodes: bytes) -> Iterator[bytes]:
    """Yield the complete nodes of each height, from the leaves upwards."""
    pair = 2 * HASH_BYTES
    while nodes:
        yield nodes
        nodes = b"".join(
            sha256(NODE_PREFIX + nodes[at : at + pair]).digest()
            for at in range(0, len(nodes) - pair + 1, pair)
        )


def _table(ids: Iterable[tuple[bytes, int]]) -> Iterator[bytes]:
    end = 0
    for name, number in ids:
        end += len(name)
        yield _PAIR.pack(end, number)


def _packed(numbers: "array[int]") -> bytes:
    if struct.pack("=Q", 1) != struct.pack("<Q", 1):
        numbers.byteswap()
    return numbers.tobytes()
