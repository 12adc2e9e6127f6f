"""Bytes that wait in a file and not in memory: unnamed, and gone with the process that made it."""

import os
from pathlib import Path
from tempfile import TemporaryFile

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
