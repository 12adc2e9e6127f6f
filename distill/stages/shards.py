"""JSONL in shards: written in order, read by position, patched where a line changed its mind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

SHARD_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Position:
    """Where a line stands: its shard's file name and its half-open byte range."""

    shard: str
    start: int
    end: int


class ShardWriter:
    """Writes lines into ``<prefix>-00000.jsonl``, … of at most `shard_bytes` each, in `folder`.

    A line larger than that has a shard of its own. The first shard exists even if no line is
    written, so that an empty set is a file and not an absence.
    """

    def __init__(self, folder: Path, prefix: str, *, shard_bytes: int = SHARD_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._prefix = prefix
        self._limit = shard_bytes
        self._number = -1
        self._size = 0
        self._file: BinaryIO = self._next_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _next_file(self) -> BinaryIO:
        self._number += 1
        self._size = 0
        return (self._folder / self._name).open("wb")

    @property
    def _name(self) -> str:
        return f"{self._prefix}-{self._number:05d}.jsonl"

    def write(self, line: bytes) -> Position:
        """Append a line (newline included) and say where it stands."""
        if self._size and self._size + len(line) > self._limit:
            self._file.close()
            self._file = self._next_file()
        start = self._size
        self._file.write(line)
        self._size += len(line)
        return Position(self._name, start, self._size)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line of a JSONL file, newline included, with the byte at which it starts."""
    start = 0
    with path.open("rb") as file:
        for line in file:
            yield start, line
            start += len(line)


def rewrite(folder: Path, prefix: str, change: Callable[[int, bytes], bytes | None]) -> None:
    """Write the shards of `folder` anew; `change(number, line)` gives each line, null to drop it.

    `number` counts the lines of all shards from 0. The old shards are gone afterwards; both lie in
    a stage's temporary folder, so nothing that was published is touched.
    """
    old = sorted(folder.glob(f"{prefix}-*.jsonl"))
    aside = [path.rename(path.with_suffix(".before")) for path in old]
    number = 0
    with ShardWriter(folder, prefix) as writer:
        for path in aside:
            for _, line in read_lines(path):
                changed = change(number, line)
                number += 1
                if changed is not None:
                    writer.write(changed)
            path.unlink()


class RandomReader:
    """Reads byte ranges of files, the last few kept open: for rows fetched by position."""

    def __init__(self, most_open: int = 16) -> None:
        self._open: dict[Path, BinaryIO] = {}
        self._most_open = most_open

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def read(self, path: Path, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end` of the file."""
        file = self._open.pop(path, None) or path.open("rb")
        self._open[path] = file
        if len(self._open) > self._most_open:
            oldest = next(iter(self._open))
            self._open.pop(oldest).close()
        file.seek(start)
        return file.read(end - start)
