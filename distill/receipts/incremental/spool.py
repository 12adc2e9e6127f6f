"""Bytes by keys in a temporary file, which is gone with the process."""

from array import array
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from distill.receipts.incremental.keys import KeyIndex, Keys


class Spool:
    """Keeps bytes by keys (32 bytes), some 60 bytes of memory for each.

    ``folder`` has room for the bytes.
    """

    def __init__(self, folder: Path) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
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
            self._file.seek(self._ends[-1])
            self._file.write(content)
            self._ends.append(self._ends[-1] + len(content))

    def get(self, key: bytes) -> bytes | None:
        """Return what is kept under a key, null where nothing is."""
        number = self._index.find(key)
        if number is None:
            return None
        begin, end = self._ends[number : number + 2]
        self._file.seek(begin)
        return self._file.read(end - begin)

    def __getitem__(self, key: bytes) -> bytes:
        """Return what is kept under a key.

        Raises:
            KeyError: nothing is.
        """
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found
