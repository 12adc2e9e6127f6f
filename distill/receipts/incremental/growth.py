"""What is remembered of the inputs of a slot, in ``.distill/outlines``, for when they have grown.

It is derived, and believed of bytes that have the digest at a mark: a pass that goes on there
hashes everything again but the single lines. A file of less than `outlines.STRIDE` bytes has no
mark and is not remembered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from distill.errors import DistillError
from distill.receipts.canonical import Json
from distill.receipts.digest import Fingerprint
from distill.receipts.incremental import segments
from distill.receipts.incremental.columns import (
    Columns,
    numbers_of_column,
    numbers_to_column,
    pieces_of_column,
    read_columns,
    segments_of_columns,
    segments_to_columns,
    write_columns,
)
from distill.receipts.incremental.outlines import Mark, Outline, OutlinedSums
from distill.receipts.inputs import WatchedInput
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.outlines/1"


@dataclass
class Growth:
    """The outlines of a slot's inputs: those of the last run, and those that are made now."""

    workspace: Workspace
    slot: str
    _made: dict[str, Outline] = field(default_factory=dict)

    def sums(self, path: str, name: str) -> OutlinedSums:
        """Return what sums up an input, given its recorded path and its file's name."""
        former = self._former.get(path)
        keep = partial(self._made.__setitem__, path)
        return _InputSums(name, None if former is None else former[1], keep)

    def remember(self, inputs: Iterable[WatchedInput]) -> None:
        """Keep what the next run can use of these inputs."""
        found: dict[str, tuple[str, Outline]] = {}
        for one in inputs:
            made = self._made.get(one.path)
            if made is not None:
                if made.marks:
                    found[one.path] = (one.blake3.hex, made)
            elif one.path in self._former and self._former[one.path][0] == one.blake3.hex:
                found[one.path] = self._former[one.path]
        if found != self._former:
            write_columns(self._place, FORMAT, _head(found), _columns(found))

    @cached_property
    def _former(self) -> Mapping[str, tuple[str, Outline]]:
        read = read_columns(self._place, FORMAT)
        if read is None or read[0].get("bounds") != _bounds():
            return {}
        try:
            return _outlines(*read)
        except (DistillError, ValueError, LookupError, TypeError, OverflowError):
            return {}

    @property
    def _place(self) -> Path:
        return self.workspace.root / ".distill" / "outlines" / self.slot


class _InputSums(OutlinedSums):
    """The sums of an input, whose outline is kept when it is known: sums take some kilobytes."""

    def __init__(self, name: str, former: Outline | None, keep: Callable[[Outline], None]) -> None:
        super().__init__(name, former)
        self._keep = keep

    def take_over(self, found: Fingerprint, told: Any) -> None:
        """Know the sums and the outline that a pass over the file found."""
        super().take_over(found, told)
        self._keep(told)


def _bounds() -> list[Json]:
    return [segments.USUAL, segments.LONGEST]


def _head(found: Mapping[str, tuple[str, Outline]]) -> dict[str, Json]:
    files: list[Json] = [
        [path, digest, len(one.segments), len(one.marks)] for path, (digest, one) in found.items()
    ]
    return {"bounds": _bounds(), "files": files}


def _columns(found: Mapping[str, tuple[str, Outline]]) -> Columns:
    outlines = [one for _, one in found.values()]
    marks = [mark for one in outlines for mark in one.marks]
    return {
        **segments_to_columns(one.segments for one in outlines),
        "mark_segments": numbers_to_column([mark.segments for mark in marks]),
        "mark_digests": b"".join(mark.digest for mark in marks),
        "mark_heights": numbers_to_column([len(mark.peaks) for mark in marks]),
        "mark_peaks": b"".join(peak for mark in marks for peak in mark.peaks),
    }


def _outlines(head: Mapping[str, Any], columns: Columns) -> dict[str, tuple[str, Outline]]:
    files = head["files"]
    cut = segments_of_columns([int(one[2]) for one in files], columns)
    numbers = numbers_of_column(columns["mark_segments"])
    digests = pieces_of_column(columns["mark_digests"])
    heights = numbers_of_column(columns["mark_heights"])
    peaks = pieces_of_column(columns["mark_peaks"])
    found: dict[str, tuple[str, Outline]] = {}
    at = peak = 0
    for (path, digest, _, count), of_file in zip(files, cut, strict=True):
        marks = []
        for index in range(at, at + count):
            last = of_file[numbers[index] - 1]
            tree = tuple(peaks[peak : peak + heights[index]])
            peak += heights[index]
            marks.append(
                _mark(last.end, numbers[index], last.line + last.records, digests[index], tree)
            )
        at += count
        found[str(path)] = (str(digest), Outline(of_file, tuple(marks)))
    return found


def _mark(end: int, number: int, records: int, digest: bytes, peaks: Sequence[bytes]) -> Mark:
    """Return a mark whose tree can be one over so many records.

    Raises:
        ValueError: it can't.
    """
    if number < 1 or len(peaks) != records.bit_count():
        message = f"a mark after {records} records has {len(peaks)} peaks"
        raise ValueError(message)
    return Mark(end, number, records, digest, tuple(peaks))
