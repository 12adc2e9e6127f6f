"""The scored runs by task, and by subject where that is asked for: where the lines of each lie.

A table of groups is remembered (`distill.receipts.incremental.groups`), so the runs of a part that
stayed are not looked at one by one. What is asked across sources is a query over those that have a
subject.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Final

from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.groups import Groups, index_of, part_of, regroup
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.memory import Memory
from distill.receipts.incremental.passes import Mapped
from distill.receipts.incremental.remembered import LearntRows
from distill.receipts.incremental.rows import Rows, join_rows
from distill.receipts.kept import Kept
from distill.records.record import encode
from distill.records.scored import ScoredRun, without_place
from distill.stages.line_parts import PartLines

_TASKS: Final = sha256(b"groups of tasks").digest()
_DIGESTS: Final = sha256(b"digests of tasks").digest()
_SUBJECTS: Final = sha256(b"digests of subjects").digest()
_KEPT: Final = 1 << 15  # records of parts whose rows are in memory


@dataclass(frozen=True, slots=True)
class Member:
    """A scored line: its file, its bytes there, and the BLAKE3 (32 bytes) of it without place."""

    place: Path
    start: int
    end: int
    blake3: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """The scored lines of a task, or (across sources) of a subject."""

    is_across: bool
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        """The bytes of all lines."""
        return sum(member.end - member.start for member in self.members)


def start_indexing(with_subjects: bool) -> Callable[[PartLines], Mapped]:
    """Return what tells of scored lines what grouping asks of them; no line comes of it."""
    return lambda part: _index(part, with_subjects=with_subjects)


def _index(part: PartLines, *, with_subjects: bool) -> Mapped:
    """Return a line of JSON (runs by source; number, subject and source of some), and `Rows`."""
    keys: list[bytes | None] = []
    sizes, digests, subjects = [], [], []
    sources: dict[str, int] = {}
    for number, (_, line) in enumerate(part.lines()):
        run = ScoredRun.from_line(line)
        keys.append(run.task.key.encode())
        sizes.append(len(line) - 1)
        digests.append(bytes.fromhex(blake3_hex(without_place(line))))
        sources[run.source] = sources.get(run.source, 0) + 1
        if with_subjects and run.subject is not None:
            subjects.append((number, run.subject, run.source))
    told = encode({"sources": sources, "subjects": subjects})
    return Mapped(told + b"\n" + join_rows(keys, sizes, digests), b"")


class ScoredGroups:
    """All groups of the scored runs, in the order of the tasks, then of the subjects.

    ``rows`` returns what `start_indexing` told of a part, by its key, of a former one too.
    """

    def __init__(
        self, memory: Memory, keys: Keys, parts: list[PartLines], rows: Callable[[bytes], bytes]
    ) -> None:
        self._told = rows
        self._tasks, _ = regroup(_former(memory), keys, self._rows)
        self._parts = dict(zip(self._tasks.numbers, zip(keys, parts, strict=True), strict=True))
        self._read = Kept[int, Rows](_KEPT)
        self._subjects = Groups()
        self._bounds = _bounds(self._tasks), _bounds(self._subjects)

    def add_subject(self, runs: list[tuple[int, int]]) -> None:
        """Take a subject's runs: the place of the part of each, and its number in the part."""
        members = [self._tasks.numbers[at] << 32 | number for at, number in runs]
        leaves = [self._member(one).blake3 for one in members]
        self._subjects.digests.append(sha256(b"across " + b"".join(leaves)).digest())
        self._subjects.counts.append(len(members))
        self._subjects.members.extend(members)
        self._bounds[1].append(len(self._subjects.members))

    @property
    def digests(self) -> Keys:
        """What decides each group: the runs in it without their places."""
        if not self._subjects.digests:
            return self._tasks.digests
        return Keys(self._tasks.digests.content + self._subjects.digests.content)

    @property
    def runs(self) -> int:
        """How many runs all groups have, one after the other."""
        tasks, subjects = self._bounds
        return tasks[-1] + subjects[-1]

    def runs_before(self, number: int) -> int:
        """Return how many runs the groups before this one have, one after the other."""
        tasks, subjects = self._bounds
        if number < len(tasks):
            return tasks[number]
        return tasks[-1] + subjects[number - len(tasks) + 1]

    def group(self, number: int) -> Group:
        """Return a group with the places of its lines."""
        is_across = number >= len(self._tasks.counts)
        return Group(is_across, tuple(self._member(one) for one in self._of(number)))

    def remember(self, learnt: LearntRows) -> None:
        """Keep what the next run needs."""
        learnt.put(_TASKS, self._tasks.column())
        learnt.put(_DIGESTS, self._tasks.digests.content)
        learnt.put(_SUBJECTS, self._subjects.digests.content)

    def _of(self, number: int) -> "array[int]":
        groups, bounds, tasks = self._tasks, self._bounds[0], len(self._tasks.counts)
        if number >= tasks:
            groups, bounds, number = self._subjects, self._bounds[1], number - tasks
        return groups.members[bounds[number] : bounds[number + 1]]

    def _member(self, one: int) -> Member:
        key, lines = self._parts[part_of(one)]
        rows, index = self._read.get(part_of(one)), index_of(one)
        if rows is None:
            rows = self._rows(key)
            self._read.keep(part_of(one), rows, rows.count)
        start, length = rows.extent(index)
        begin = lines.segment.start + start
        return Member(lines.place, begin, begin + length + 1, rows.leaf(index))

    def _rows(self, key: bytes) -> Rows:
        return Rows(self._told(key).partition(b"\n")[2])


def former_digests(memory: Memory) -> Keys:
    """Return the digests of all groups of the run before, none where they are not remembered."""
    try:
        return Keys(memory.rows[_DIGESTS] + memory.rows[_SUBJECTS])
    except (LookupError, ValueError):
        return Keys()


def _former(memory: Memory) -> Groups:
    try:
        found = Groups.of_column(memory.rows[_TASKS], Keys(memory.rows[_DIGESTS]))
    except (LookupError, ValueError, OverflowError):
        return Groups()
    return found if all(one in memory.rows for one in found.parts) else Groups()


def _bounds(groups: Groups) -> "array[int]":
    return array("Q", accumulate(groups.counts, initial=0))
