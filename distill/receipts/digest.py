"""Digests of bytes, files and records. The only module that imports blake3.

A file's identity is compared before and after it is read.
"""

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from blake3 import blake3

from distill.errors import ContractError, SourceError
from distill.receipts.blocks import read_blocks
from distill.receipts.merkle import LEAF_PREFIX, MerkleRoot

RECORD_SUFFIX = ".jsonl"
#: Lines of so many bytes and more, on average, are hashed where they lie, others as copies.
_WORTH_VIEWS = 600
_LOOKED_AT = 64 * 1024  # bytes, to see how long lines are
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Hex256:
    """32 bytes as 64 lower-case hexadecimal digits."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise ContractError(f"not 64 lower-case hexadecimal digits: {self.hex[:80]!r}")

    def __lt__(self, other: Self) -> bool:
        return self.hex < other.hex

    @property
    def short(self) -> str:
        """The first twelve digits, for a sentence."""
        return self.hex[:12]


class Digest(Hex256):
    """A BLAKE3 digest. Its text is ``blake3:<hex>``."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"blake3:{self.hex}"


class Sha256(Hex256):
    """A SHA-256 digest, or a root of RFC 6962. Its text is ``sha256:<hex>``."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"sha256:{self.hex}"


class FileIdentity(NamedTuple):
    """What the file system says of a file: equal identities mean that nobody wrote to it."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "FileIdentity":
        """Return the identity that a stat call found."""
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    @property
    def text(self) -> str:
        """The identity as `distill.receipts.identities.identity_text` writes it."""
        return f"{self.device}:{self.inode}:{self.size}:{self.mtime_ns}:{self.ctime_ns}"


class Fingerprint(NamedTuple):
    """All that a receipt says of a file's bytes.

    ``records`` and ``root`` are null for a file whose name does not end in ``.jsonl``.
    """

    bytes: int
    blake3: Digest
    sha256: Sha256
    records: int | None
    root: Sha256 | None


class Sink(Protocol):
    """What takes a file's bytes, block by block; a block is good only during the call."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take the next bytes."""


class LineTree:
    """RFC 6962 over the lines of a stream, without their newlines; a last line needs none."""

    def __init__(self) -> None:
        self._tree = MerkleRoot()
        self._open = sha256(LEAF_PREFIX)
        self._open_size = 0

    def update(self, block: bytes | memoryview) -> None:
        """Take the next bytes of the stream; what is no bytes object is copied."""
        content = bytes(block)
        view = memoryview(content)
        first, last = content.find(b"\n") + 1, content.rfind(b"\n") + 1
        if first:
            self._open.update(view[: first - 1])
            leaves, sizes = _leaves_of_lines(content, first, last)
            leaves.insert(0, self._open.digest())
            sizes.insert(0, self._open_size + first)
            self.take(leaves, sizes)
            self._open = sha256(LEAF_PREFIX)
            self._open_size = 0
        self._open.update(view[last:])
        self._open_size += len(content) - last

    def take(self, leaves: list[bytes], sizes: list[int]) -> None:
        """Add whole lines: their leaf hashes, and their sizes with the newline if there is one."""
        del sizes  # of use to those who cut
        self._tree.extend(leaves)

    def close(self) -> tuple[int, Sha256]:
        """Return the number of lines and the root over them, at the end of the stream."""
        if self._open_size:
            self.take([self._open.digest()], [self._open_size])
            self._open_size = 0
        return self._tree.size, Sha256(self._tree.root().hex())


def _leaves_of_lines(content: bytes, first: int, last: int) -> tuple[list[bytes], list[int]]:
    """Return the leaf hashes of whole lines, and their sizes with the newline."""
    looked_at = min(len(content), _LOOKED_AT)
    if content.count(b"\n", 0, looked_at) * _WORTH_VIEWS > looked_at:
        lines = content[first:last].split(b"\n")[:-1]
        leaves = [sha256(LEAF_PREFIX + line).digest() for line in lines]
        return leaves, [len(line) + 1 for line in lines]
    leaves, sizes = [], []
    view, start = memoryview(content), sha256(LEAF_PREFIX)
    while first < last:
        end = content.find(b"\n", first) + 1
        leaf = start.copy()
        leaf.update(view[first : end - 1])
        leaves.append(leaf.digest())
        sizes.append(end - first)
        first = end
    return leaves, sizes


def blake3_hex(data: bytes) -> str:
    """Return the BLAKE3 of bytes as 64 hexadecimal digits, where a text is what is needed."""
    return blake3(data).hexdigest()


def digest_bytes(data: bytes) -> Digest:
    """Return the BLAKE3 digest of bytes."""
    return Digest(blake3(data).hexdigest())


def digest_blocks(blocks: Iterable[bytes]) -> Digest:
    """Return the digest of bytes that come in blocks."""
    hasher = blake3()
    for block in blocks:
        hasher.update(block)
    return Digest(hasher.hexdigest())


def digest_file(path: Path) -> Digest:
    """Return the digest of the file's bytes, read once in blocks of 1 MiB.

    Law: equals what ``b3sum path`` prints, and ``digest_bytes(path.read_bytes())``.

    Raises:
        SourceError: the path is missing, is no regular file, or changed while it was read.
    """
    return watch_file(path)[0]


def watch_file(path: Path, *, threads: int = 1) -> tuple[Digest, FileIdentity]:
    """Return the digest of the file's bytes and the identity that the file had meanwhile.

    Several ``threads`` pay from some megabytes on.

    Raises:
        SourceError: as `digest_file`.
    """
    hasher = blake3(max_threads=threads)
    identity = _read(path, (hasher,), threads)
    return Digest(hasher.hexdigest()), identity


class FileSums:
    """All that a receipt says of a file's bytes, gathered while they pass by.

    ``name`` is the name that the file will have; ``tree`` takes its lines, if it is a file of
    lines.
    """

    def __init__(self, name: str, tree: LineTree | None = None) -> None:
        self.bytes = 0
        self._first, self._second = blake3(), sha256()
        self._tree = (tree or LineTree()) if name.endswith(RECORD_SUFFIX) else None

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes of the file."""
        self.bytes += len(data)
        self._first.update(data)
        self._second.update(data)
        if self._tree is not None:
            self._tree.update(data)

    def result(self) -> Fingerprint:
        """Return what there is to say, at the file's end."""
        records, root = self._tree.close() if self._tree is not None else (None, None)
        first, second = Digest(self._first.hexdigest()), Sha256(self._second.hexdigest())
        return Fingerprint(self.bytes, first, second, records, root)

    def told(self) -> object:
        """Return what else was gathered, after `result`, for `take_over` in another process."""
        return None

    def take_over(self, found: Fingerprint, told: object) -> None:
        """Know what other sums of the same file gathered in another process."""


def fingerprint_file(
    path: Path,
    *,
    name: str | None = None,
    beside: Sink | None = None,
    sums: FileSums | None = None,
) -> tuple[Fingerprint, FileIdentity]:
    """Return both digests, the record count and the record root of a file, in one pass.

    ``name`` stands for the file's name where it still lies under a temporary one; ``beside`` takes
    the same bytes in the same pass. ``sums`` are those that gather it, where they gather more.

    Raises:
        SourceError: as `digest_file`.
    """
    sums = sums or FileSums(name or path.name)
    identity = _read(path, (sums,) if beside is None else (sums, beside))
    return sums.result(), identity


def unreadable(path: Path | str, error: OSError) -> SourceError:
    """Return the error of a file that the system does not let be read, with what to do."""
    hint = "see that it is a file that you may read, and that its disk is there"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        hint = "make it first (does another stage write it?), or pass the path where it lies"
    elif isinstance(error, PermissionError):
        hint = "let yourself read it (chmod), or run as a user who may"
    return SourceError(f"{path} can't be read: {error.strerror}", hint)


def _read(path: Path, sinks: tuple[Sink, ...], threads: int = 1) -> FileIdentity:
    try:
        # Without waiting: a pipe in the place of a file has no writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise SourceError(f"{path} is no regular file", "name a file, not a folder")
            size = 0
            for block in read_blocks(descriptor, threads, expected=before.st_size):
                size += len(block)
                for sink in sinks:
                    sink.update(block)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unreadable(path, error) from error
    identity = FileIdentity.of(before)
    if identity != FileIdentity.of(after) or size != identity.size:
        raise SourceError(
            f"{path} changed while it was read", "wait until its writer is done, or copy it first"
        )
    return identity
