"""JSONL as stages read it: line by line, or by position."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line of a JSONL file, newline included, with the byte at which it starts."""
    start = 0
    with path.open("rb") as file:
        for line in file:
            yield start, line
            start += len(line)


class RandomReader:
    """Reads byte ranges of files, the last few kept open: for rows fetched by position."""

    def __init__(self, most_open: int = 16) -> None:
        self._open: dict[Path, int] = {}
        self._last: tuple[Path, int] | None = None
        self._most_open = most_open

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # in a worker, which ends without a word

    def close(self) -> None:
        """Close what is open."""
        self._last = None
        while self._open:
            os.close(self._open.popitem()[1])

    def read(self, path: Path, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end` of the file."""
        if self._last is None or self._last[0] is not path:
            self._last = (path, self._descriptor(path))
        return os.pread(self._last[1], end - start, start)

    def _descriptor(self, path: Path) -> int:
        descriptor = self._open.pop(path, None)
        if descriptor is None:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._open[path] = descriptor
        if len(self._open) > self._most_open:
            os.close(self._open.pop(next(iter(self._open))))
        return descriptor
