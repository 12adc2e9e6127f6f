"""What observers left of all runs' facets, on disk while a stage runs: a digest and bands of each.

A facet's entries are read one facet at a time, as arrays: 88 bytes for each run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Self

from distill.firewall.facets import Facet

_DIGEST: Final = 16  # bytes
_BANDS: Final = 64


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a facet in the order of their digests; arrays, one entry each.

    `digests` (16 bytes), `bands` (zeros where `is_long` is not true), `readers`: a run that holds
    the text. `runs` and `of_run`: each run that has the facet, and the number of its text.
    """

    digests: Any
    bands: Any
    is_long: Any
    readers: Any
    runs: Any
    of_run: Any


class FacetFiles:
    """The entries of all facets. ``folder`` has room for them; null: the system's own."""

    def __init__(self, folder: Path | None = None) -> None:
        # closed by __exit__
        self._files = {one: TemporaryFile(dir=folder) for one in Facet}  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def add(self, seq: int, facets: Iterable[tuple[str, str, str | None]]) -> None:
        """Add what was observed of a run: name, digest in hex and, of a long text, its bands."""
        from distill.firewall.minhash import read_bands  # noqa: PLC0415 - brings numpy

        for name, digest, bands in facets:
            content = bytes(_BANDS) if bands is None else read_bands(bands)
            head = seq.to_bytes(7, "little") + bytes([bands is not None])
            self._files[Facet(name)].write(head + bytes.fromhex(digest) + content)

    def texts(self, facet: Facet) -> Texts:
        """Return the texts of a facet."""
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        entry = np.dtype(
            [("seq", "<u8"), ("high", ">u8"), ("low", ">u8"), ("bands", "<u4", _BANDS // 4)]
        )
        file = self._files[facet]
        file.seek(0)
        entries = np.fromfile(file, entry)
        high, low = entries["high"].astype(np.uint64), entries["low"].astype(np.uint64)
        order = np.lexsort((low, high))
        high, low = high[order], low[order]
        is_new = np.ones(len(order), np.bool_)
        is_new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        firsts = order[is_new]
        seqs = entries["seq"] & np.uint64((1 << 56) - 1)
        return Texts(
            digests=np.stack([high[is_new], low[is_new]], axis=1).astype(">u8").view("V16")[:, 0],
            bands=entries["bands"][firsts],
            is_long=entries["seq"][firsts] >> np.uint64(56) != 0,
            readers=seqs[firsts],
            runs=seqs[order],
            of_run=np.cumsum(is_new) - 1,
        )
