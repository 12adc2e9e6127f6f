"""What observers left of all runs' facets, on disk while a stage runs: a digest and bands of each.

A facet's digests are read one facet at a time, its bands some at a time, as arrays.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Self, TypeAlias

from distill.firewall.facets import Facet
from distill.firewall.near_duplicate import BANDS_BYTES as _BANDS

Buffer: TypeAlias = bytes | bytearray | memoryview

_ENTRY: Final = 24  # bytes
_BAND: Final = 4
_AT_ONCE: Final = 4  # bands of all texts in memory
_BLOCK: Final = 1 << 15  # texts whose entries or bands are read at once


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a facet in the order of their digests; arrays of 32 bits, one entry each.

    `digests` (128 bits), `readers`: a run that holds the text. `long` and `rows`: the numbers of
    those that have bands, and where these lie among all bands of the facet. `runs` and `of_run`:
    each run that has the facet, in the order of the texts, and the number of its text.
    """

    digests: Any
    readers: Any
    long: Any
    rows: Any
    runs: Any
    of_run: Any

    def __len__(self) -> int:
        return len(self.digests)


class FacetFiles:
    """The entries of all facets. ``folder`` has room for them; null: the system's own."""

    def __init__(self, folder: Path | None = None) -> None:
        # closed by __exit__
        self._files = {one: TemporaryFile(dir=folder) for one in Facet}  # noqa: SIM115
        self._bands = {one: TemporaryFile(dir=folder) for one in Facet}  # noqa: SIM115
        self._firsts = {one: array("Q") for one in Facet}  # of each part
        self._counts = {one: array("q") for one in Facet}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self._files.values(), *self._bands.values()):
            file.close()

    def add(self, first: int, facets: Sequence[tuple[Buffer, Buffer]]) -> None:
        """Add `RunRows.facets` of a part, whose first run has this number."""
        for facet, (entries, bands) in zip(Facet, facets, strict=True):
            self._files[facet].write(entries)
            self._bands[facet].write(bands)
            self._firsts[facet].append(first)
            self._counts[facet].append(memoryview(entries).nbytes // _ENTRY)

    def texts(self, facet: Facet) -> Texts:
        """Return the texts of a facet."""
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        runs, is_long, high, low = self._entries(facet)
        rows = np.cumsum(is_long, dtype=np.uint32)
        rows -= np.uint32(1)
        order = np.lexsort((low, high)).astype(np.uint32)
        runs, high, low = runs[order], high[order], low[order]
        is_new = np.ones(len(order), np.bool_)
        is_new[1:] = high[1:] != high[:-1]
        is_new[1:] |= low[1:] != low[:-1]
        firsts = order[is_new]
        digests = np.empty((len(firsts), 2), ">u8")
        digests[:, 0], digests[:, 1] = high[is_new], low[is_new]
        del order, high, low
        long = np.flatnonzero(is_long[firsts]).astype(np.uint32)
        return Texts(
            digests=digests.view("V16")[:, 0],
            readers=runs[is_new],
            long=long,
            rows=rows[firsts[long]],
            runs=runs,
            of_run=np.cumsum(is_new, dtype=np.uint32) - np.uint32(1),
        )

    def _entries(self, facet: Facet) -> tuple[Any, Any, Any, Any]:
        """Return of each entry the run, whether it has bands, and its digest in two halves."""
        import numpy as np  # noqa: PLC0415

        file, count = self._files[facet], sum(self._counts[facet])
        runs = np.repeat(np.array(self._firsts[facet], np.uint32), self._counts[facet])
        is_long = np.empty(count, np.bool_)
        high, low = np.empty((2, count), np.uint64)
        entry = np.dtype([("seq", "<u8"), ("high", ">u8"), ("low", ">u8")])
        file.seek(0)
        for start in range(0, count, _BLOCK):
            some = slice(start, start + _BLOCK)
            block = np.fromfile(file, entry, min(_BLOCK, count - start))
            is_long[some] = block["seq"] >> np.uint64(56) != 0
            runs[some] += (block["seq"] & np.uint64(2**32 - 1)).astype(np.uint32)
            high[some], low[some] = block["high"], block["low"]
        return runs, is_long, high, low

    def bands(self, facet: Facet, texts: Texts) -> Iterator[Any]:
        """Yield the first band of each long text, then the second of each, and so on."""
        import numpy as np  # noqa: PLC0415

        file, wide = self._bands[facet], _BANDS // _BAND
        count = file.seek(0, 2) // _BANDS
        for first in range(0, wide, _AT_ONCE):
            found = np.empty((count, _AT_ONCE), np.uint32)
            file.seek(0)
            for start in range(0, count, _BLOCK):
                block = np.fromfile(file, "<u4", min(_BLOCK, count - start) * wide)
                of_texts = block.reshape(-1, wide)[:, first : first + _AT_ONCE]
                found[start : start + len(of_texts)] = of_texts
            yield from (column[texts.rows] for column in found.T)
