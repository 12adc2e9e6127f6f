"""The rows of parts, in files: those of the run before, and those that this run learns.

A stage may have hundreds of bytes of rows for every record. So what is remembered is read where it
is asked for, and what is learnt waits in a file until the memory is written. Beside its rows a part
has the key of its item in the outputs: 32 bytes, zeros where it has none.
"""

from array import array
from collections.abc import Iterator, Mapping
from itertools import accumulate, chain
from pathlib import Path
from typing import Final

from distill.receipts.incremental.columns import (
    ColumnFile,
    Streamed,
    numbers_of_column,
    numbers_to_column,
)
from distill.receipts.incremental.keys import KEY_BYTES, KeyIndex, Keys
from distill.receipts.incremental.spool import GrowingFile

NO_ITEM: Final = bytes(KEY_BYTES)
_BLOCK: Final = 1 << 20


class FormerRows(Mapping[bytes, bytes]):
    """The rows of the run before, by the keys of their parts."""

    def __init__(self, columns: ColumnFile | None = None) -> None:
        """Take the columns that `LearntRows.columns` gave, or none.

        Raises:
            ValueError: they don't fit together.
            LookupError: one is missing.
        """
        self._columns = columns
        self._index = KeyIndex(Keys(b"" if columns is None else columns["row_keys"]))
        self._items = Keys(b"" if columns is None else columns["row_items"])
        lengths = () if columns is None else numbers_of_column(columns["row_lengths"])
        self._begins = array("Q", accumulate(lengths, initial=0))
        told = len(self._items), len(lengths), self._begins[-1]
        if told != (len(self), len(self), 0 if columns is None else columns.size_of("rows")):
            message = f"{told} of {len(self)} rows"
            raise ValueError(message)

    def item_of(self, key: bytes) -> bytes:
        """Return the key of a part's item.

        Raises:
            KeyError: no such part is remembered.
        """
        return self._items[self._index.number_of(key)]

    def extent(self, key: bytes) -> tuple[int, int]:
        """Return where the rows of a part begin, and how long they are; see `read`.

        Raises:
            KeyError: no such part is remembered.
        """
        number = self._index.number_of(key)
        return self._begins[number], self._begins[number + 1] - self._begins[number]

    def read(self, begin: int, size: int) -> bytes:
        """Return some bytes of all rows.

        Raises:
            SourceError: the file became shorter.
        """
        return b"" if self._columns is None else self._columns.read("rows", begin, size)

    def __getitem__(self, key: bytes) -> bytes:
        return self.read(*self.extent(key))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self._index.find(key) is not None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._index.keys)

    def __len__(self) -> int:
        return len(self._index.keys)


class LearntRows:
    """The rows that a run learns, in the order in which it does; ``folder`` has room for them."""

    def __init__(self, former: FormerRows, folder: Path) -> None:
        self._former = former
        self._file = GrowingFile(folder)
        self._index = KeyIndex(Keys())
        self._begins, self._sizes = array("Q"), array("Q")
        self._is_former = bytearray()
        self._items = bytearray()

    def put(self, key: bytes, rows: bytes) -> None:
        """Take the rows of a part; what a part has once it keeps."""
        if self._index.add(key):
            self._add(self._file.size, len(rows), is_former=False)
            self._file.append(rows)

    def keep(self, key: bytes) -> None:
        """Take the rows of a part from the run before, which are not read before `columns`."""
        if self._index.add(key):
            self._add(*self._former.extent(key), is_former=True)

    def set_item(self, key: bytes, item: bytes) -> None:
        """Say which item a part came to.

        Raises:
            KeyError: the part has no rows.
        """
        number = self._index.number_of(key)
        self._items[number * KEY_BYTES : (number + 1) * KEY_BYTES] = item

    def __getitem__(self, key: bytes) -> bytes:
        """Return the rows of a part.

        Raises:
            KeyError: the part has none.
        """
        number = self._index.number_of(key)
        source = self._former if self._is_former[number] else self._file
        return source.read(self._begins[number], self._sizes[number])

    def __contains__(self, key: bytes) -> bool:
        """Whether a part has rows."""
        return self._index.find(key) is not None

    def columns(self, held: Mapping[bytes, bytes]) -> dict[str, bytes | Streamed]:
        """Return all rows as columns of a file (see `FormerRows`), and those ``held`` elsewhere."""
        sizes = array("Q", chain(self._sizes, map(len, held.values())))
        return {
            "row_keys": self._index.keys.content + b"".join(held),
            "row_items": bytes(self._items) + NO_ITEM * len(held),
            "row_lengths": numbers_to_column(sizes),
            "rows": Streamed(sum(sizes), chain(self._blocks(), held.values())),
        }

    def _add(self, begin: int, size: int, *, is_former: bool) -> None:
        self._begins.append(begin)
        self._sizes.append(size)
        self._is_former.append(is_former)
        self._items += NO_ITEM

    def _blocks(self) -> Iterator[bytes]:
        for is_former, begin, end in self._stretches():
            source = self._former if is_former else self._file
            for start in range(begin, end, _BLOCK):
                yield source.read(start, min(_BLOCK, end - start))

    def _stretches(self) -> Iterator[tuple[bool, int, int]]:
        """Yield where rows lie that follow each other in one file too."""
        which, start, end = 0, 0, 0
        for is_former, begin, size in zip(self._is_former, self._begins, self._sizes, strict=True):
            if is_former != which or begin != end:
                yield bool(which), start, end
                which, start = is_former, begin
            end = begin + size
        yield bool(which), start, end
