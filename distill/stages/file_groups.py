"""Files whose records make one run each, or one together: a group is a part by itself.

Which files belong together their paths tell (`groups_by_path`), so what a group comes to follows
from the paths and digests of its files, and a group that did not change is not opened.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Generic, TypeVar

from distill.receipts.incremental.passes import Mapped
from distill.records.evidence import Provenance
from distill.sources.protocol import Source
from distill.sources.rows import group_key
from distill.stages import grouping
from distill.stages.grouping import GroupedRow, Rank, ranked
from distill.stages.jobs import SourceJob
from distill.stages.record_reader import RecordReader
from distill.stages.record_trees import lines_have_a_root
from distill.stages.surroundings import read_surroundings
from distill.workspace.reading import read_records

Thing = TypeVar("Thing")


def file_groups(source: Source, paths: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the numbers of the files of each group, groups in the order of their first files.

    A file whose path tells of no group stands alone: its records will be refused.
    """
    groups: dict[Any, list[int]] = {}
    for number, path in enumerate(paths):
        key = group_key(source, None, path)
        has_key = isinstance(key, str | int)
        groups.setdefault(str(key) if has_key else number, []).append(number)
    return [tuple(numbers) for numbers in groups.values()]


def start_reading_groups(
    job: SourceJob, files: Mapping[str, Path]
) -> Callable[[tuple[str, ...]], Mapped]:
    """Return what reads a group, given its files; the surroundings are read once.

    Raises:
        SourceError: a row of a task table or a listing is wrong.
    """
    source, surroundings = job.reader(), read_surroundings(job, files)

    def read(paths: tuple[str, ...]) -> Mapped:
        reader = RecordReader(job, source, surroundings)
        return _read_group(reader, {path: files[path] for path in paths})

    return read


def _read_group(reader: RecordReader, places: Mapping[str, Path]) -> Mapped:
    """Return what a group holds.

    Beside what every part has, its rows hold of each file whether its lines have a root in the
    receipt's entry, its leaf hashes, and its refused records; and the first file with a row of the
    run, null where no file has one.
    """
    group = _Rows()
    told: list[Any] = []
    first: int | None = None
    for number, (path, place) in enumerate(places.items()):
        has_root = lines_have_a_root(path, place)
        for one in read_records(place, reader.source):
            for row in reader.gather(path, one, has_root=has_root):
                first = number if first is None else first
                group.add(row, reader.provenance(path, one))
        told.append([has_root, *reader.taken()])
    if group.is_large:
        reader.refuse_group(group.origin())
    elif first is not None:
        reader.answer(group.values(), group.origin())
    return reader.mapped(files=told, first=first)


class _Rows:
    """The rows of a group; of one that is too large, their places alone."""

    def __init__(self) -> None:
        self._rows: list[tuple[Rank | None, tuple[Any, Provenance]]] = []
        self._size = 0

    @property
    def is_large(self) -> bool:
        """Whether the rows are too many to be in memory together."""
        return self._size > grouping.MAX_GROUP_BYTES

    def add(self, row: GroupedRow, place: Provenance) -> None:
        """Take the next row."""
        was_large = self.is_large
        self._size += len(row.data)
        if self.is_large and not was_large:
            self._rows = [(rank, (None, where)) for rank, (_, where) in self._rows]
        self._rows.append((row.rank, (None if self.is_large else row.value, place)))

    def values(self) -> list[Any]:
        """Return the rows in their order."""
        return [value for value, _ in ranked(self._rows)]

    def origin(self) -> tuple[Provenance, ...]:
        """Return the places of the rows in their order."""
        return tuple(place for _, place in ranked(self._rows))


class InFileOrder(Generic[Thing]):
    """Gives things back in the order of the numbers of the files that they are of."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Thing]] = []
        self._put = 0

    def put(self, number: int, thing: Thing) -> None:
        """Take a thing of a file; those of the same file come back in the order of the calls."""
        self._put += 1
        heappush(self._waiting, (number, self._put, thing))

    def before(self, number: int) -> Iterator[Thing]:
        """Yield what is of files with a lower number, and was not yielded yet."""
        while self._waiting and self._waiting[0][0] < number:
            yield heappop(self._waiting)[2]
