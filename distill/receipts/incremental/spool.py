"""Bytes that wait in a file and not in memory: unnamed, and gone with the process that made it."""

import os
from array import array
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.segments import read_range


class GrowingFile:
    """A file that only grows; ``folder`` has room for it, and nothing is made there before."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self._folder = folder
        self._descriptor = -1

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give up the bytes, and their room on the disk."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def append(self, content: bytes) -> None:
        """Write bytes behind the others."""
        if self._descriptor < 0:
            with TemporaryFile(dir=self._folder, buffering=0) as file:
                self._descriptor = os.dup(file.fileno())
        left = memoryview(content)
        while left:
            written = os.pwrite(self._descriptor, left, self.size)
            self.size += written
            left = left[written:]

    def read(self, begin: int, size: int) -> bytes:
        """Return bytes that were written."""
        return read_range(self._descriptor, begin, begin + size) if size else b""


class Spool:
    """Keeps bytes by keys (32 bytes), some 60 bytes of memory for each.

    ``folder`` has room for the bytes.
    """

    def __init__(self, folder: Path) -> None:
        self._file = GrowingFile(folder)
        self._index = KeyIndex(Keys())
        self._ends = array("Q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, key: bytes) -> bool:
        """Whether something is kept under a key."""
        return self._index.find(key) is not None

    def keep(self, key: bytes, content: bytes) -> None:
        """Keep bytes under a key; what is kept under it already stays."""
        if self._index.add(key):
            self._file.append(content)
            self._ends.append(self._file.size)

    def get(self, key: bytes) -> bytes | None:
        """Return what is kept under a key, null where nothing is."""
        number = self._index.find(key)
        if number is None:
            return None
        begin, end = self._ends[number : number + 2]
        return self._file.read(begin, end - begin)

    def __getitem__(self, key: bytes) -> bytes:
        """Return what is kept under a key.

        Raises:
            KeyError: nothing is.
        """
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found
