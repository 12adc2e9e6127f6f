"""All runs that scoring decided, by number: columns of all of them, the row and record of each.

Runs are numbered from 0, over all sources. What is in columns waits on the disk; the row of a run
is read where it is asked for, together with those of its part.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, NamedTuple, Self

from distill.receipts.incremental.passes import Part, Passes
from distill.records.evidence import EvidenceRecord
from distill.stages.line_parts import PartLines
from distill.stages.near_texts import FacetFiles
from distill.stages.numbering import NumberedParts
from distill.stages.run_rows import RunRow, RunRows

#: The fields of `run_rows.KEYS`.
KEYS_FIELDS: Final = [
    ("both", "<u8"),
    ("subject", "<u8"),
    ("position", "<u2"),
    ("category", "u1"),
    ("is_extraction", "?"),
]
_AT_ONCE: Final = 1 << 16  # numbers of runs that are Python's own


class PlacedRun(NamedTuple):
    """A run: its number, source and line, and its row."""

    seq: int
    source: str
    line: int
    row: RunRow


@dataclass
class DecidedRuns:
    """The runs of parts that are added in their order; ``folder`` has room for what waits."""

    passes: Passes[PartLines]
    folder: Path
    number: int = 0
    _firsts: "array[int]" = field(default_factory=lambda: array("Q"))
    _sources: list[tuple[str, NumberedParts[PartLines], int]] = field(default_factory=list)
    _last: tuple[int, Sequence[RunRow]] = (-1, ())

    def __post_init__(self) -> None:
        self._keys: BinaryIO = TemporaryFile(dir=self.folder)  # noqa: SIM115 - see __exit__
        self.facets = FacetFiles(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._keys.close()
        self.facets.__exit__()

    def begin(self, source: str, numbered: NumberedParts[PartLines]) -> None:
        """Begin a source: the parts that are added next are those of ``numbered``."""
        self._sources.append((source, numbered, len(self._firsts)))

    def add(self, runs: RunRows) -> int:
        """Take the runs of the next part, and return their number."""
        number = int(runs.told["runs"])
        self._keys.write(runs.keys)
        self.facets.add(self.number, runs.facets)
        self._firsts.append(self.number)
        self.number += number
        return number

    def keys(self) -> Any:
        """Return `run_rows.KEYS` of all runs, as an array with these fields."""
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        self._keys.seek(0)
        return np.fromfile(self._keys, KEYS_FIELDS)

    def place(self, seq: int) -> tuple[str, int]:
        """Return source and line of a run."""
        number = self._part_of(seq)
        source, numbered, part = self._located(number)
        return source, numbered.begins[part] + seq - self._firsts[number]

    def rows(self, numbers: Any) -> Iterator[PlacedRun]:
        """Yield the runs of an array of growing numbers; each part is unpacked once."""
        for start in range(0, len(numbers), _AT_ONCE):
            for seq in numbers[start : start + _AT_ONCE].tolist():
                source, line = self.place(seq)
                yield PlacedRun(seq, source, line, self._row(seq))

    def record(self, seq: int) -> EvidenceRecord:
        """Return the evidence of a run.

        Raises:
            SourceError: its file holds other lines by now.
        """
        number = self._part_of(seq)
        for at, (_, line) in enumerate(self._part(number).again().lines(), self._firsts[number]):
            if at == seq:
                return EvidenceRecord.from_line(line)
        raise LookupError(seq)

    def _row(self, seq: int) -> RunRow:
        number = self._part_of(seq)
        if number != self._last[0]:
            rows = RunRows.of(self.passes.rows(self._part(number).key)).rows()
            self._last = (number, rows)
        return self._last[1][seq - self._firsts[number]]

    def _part(self, number: int) -> Part[PartLines]:
        _, numbered, part = self._located(number)
        return numbered.parts[part]

    def _part_of(self, seq: int) -> int:
        return bisect_right(self._firsts, seq) - 1

    def _located(self, number: int) -> tuple[str, NumberedParts[PartLines], int]:
        """Return the source of a part, its parts, and which of them it is."""
        source, numbered, first = next(one for one in reversed(self._sources) if one[2] <= number)
        return source, numbered, number - first


def concerned(keys: Any) -> Any:
    """Return the runs in whose category others may have a say, and these others: their numbers.

    Of texts it knows hashes alone: some runs too many may be among them.
    """
    import numpy as np  # noqa: PLC0415

    order = np.argsort(keys["both"], kind="stable")
    both, category = keys["both"][order], keys["category"][order]
    begins = np.flatnonzero(np.append(True, both[1:] != both[:-1])[: len(both)])
    differ = np.zeros(0, np.bool_)
    if len(begins):
        least, most = (of.reduceat(category, begins) for of in (np.minimum, np.maximum))
        differ = (least != most) & (both[begins] != 0)
    is_contradicted = np.zeros(len(keys), np.bool_)
    is_contradicted[order] = np.repeat(differ, np.diff(np.append(begins, len(keys))))
    children = keys["is_extraction"] & (keys["subject"] != 0)
    subjects = np.unique(keys["subject"][children])
    return np.flatnonzero(is_contradicted | np.isin(keys["subject"], subjects))
