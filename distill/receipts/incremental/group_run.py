"""The run of a group stage: the keys of new segments, the groups, and what is made of them."""

import os
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from distill.errors import ContractError
from distill.receipts.digest import unreadable
from distill.receipts.incremental.functions import Made, RecordFunction, Where
from distill.receipts.incremental.groups import Groups, index_of, part_of, regroup
from distill.receipts.incremental.memory import Memory
from distill.receipts.incremental.record_stage import Job
from distill.receipts.incremental.remembered import LearntRows
from distill.receipts.incremental.rows import KeptRows, Rows, join_rows
from distill.receipts.incremental.segments import (
    Segment,
    changed_meanwhile,
    read_hashed,
    read_range,
)
from distill.receipts.incremental.stage import Input, Work
from distill.receipts.incremental.workers import Awaited, in_order
from distill.receipts.merkle import leaf_hash
from distill.receipts.report import Report

if TYPE_CHECKING:
    from distill.receipts.incremental.group_stage import GroupStage

_BATCH: Final = 256  # groups that a worker is given at once
_MOST_OPEN: Final = 100
_MOST_LOST: Final = 1 << 15  # records whose keys are in memory as objects
#: Under this key the groups are remembered, beside the rows of segments.
GROUPS: Final = sha256(b"groups").digest()


class Member(NamedTuple):
    """A record of a group: its file, its bytes there, and its leaf hash."""

    place: Path
    start: int
    length: int
    leaf: bytes


class Group(NamedTuple):
    """A group to compute."""

    key: str
    members: tuple[Member, ...]


def produce(stage: "GroupStage", work: Work) -> Report:
    """Write what every group gives."""
    parts = list(work.parts)
    groups = _groups(stage, work, parts)
    sought = _Members(groups, parts, work.running.learnt(work.writer.folder))
    missing = work.running.former.missing(groups.digests)
    batches = [missing[i : i + _BATCH] for i in range(0, len(missing), _BATCH)]
    jobs = ((found, _size(found)) for found in map(sought.groups, batches))
    make = _maker(stage, work.parameters)
    # Closed here: the traceback of an error would hold it, and its workers with it.
    with closing(in_order(_maker, (stage, work.parameters), jobs)) as coming:
        awaited: Awaited[Made] = Awaited(missing, chain.from_iterable(coming))

        def make_one(number: int) -> Made:
            if number in awaited:
                return awaited.of(number)
            return make(sought.groups([number]))[0]  # written before, and damaged since

        items = work.writer.write(groups.digests, make_one)
    read = sum(segment.records for _, segment in parts)
    return Report(
        counts={
            "read": read,
            "without_key": read - len(groups.members),
            "groups": len(groups.keys),
            "written": sum(items.records),
        }
    )


def _groups(stage: "GroupStage", work: Work, parts: Sequence[tuple[Input, Segment]]) -> Groups:
    """Return all groups, with the keys that are new read off, and remember them."""
    memory, learnt = work.running.memory, work.running.learnt(work.writer.folder)
    known, former = memory.rows, _former(memory)
    digests = [one.digest for _, one in parts]
    missing = {s.digest: Job(one.path, one.place, s) for one, s in parts if s.digest not in known}
    jobs = ((job, job.segment.end - job.segment.start) for job in missing.values())
    given = stage, _lost_keys(former, known, digests)
    for digest, found in zip(missing, in_order(_key_reader, given, jobs), strict=True):
        learnt.put(digest, found)
    for _, one in parts:
        if one.digest not in missing:
            learnt.keep(one.digest)

    def rows(digest: bytes) -> Rows:
        return Rows(learnt[digest] if digest in learnt else known[digest])

    groups, _ = regroup(former, digests, rows)
    learnt.put(GROUPS, groups.column())
    return groups


def _lost_keys(
    former: Groups, known: Mapping[bytes, bytes], digests: Iterable[bytes]
) -> dict[bytes, bytes | None]:
    """Return the keys of records whose segments are gone, by leaf hash: most are in new ones."""
    stay = set(digests)
    gone = (Rows(known[one]).by_leaf() for one in former.parts if one not in stay)
    return dict(islice(chain.from_iterable(gone), _MOST_LOST))


def _key_reader(stage: "GroupStage", lost: Mapping[bytes, bytes | None]) -> Callable[[Job], bytes]:
    """Return what reads the keys of a segment."""
    function = stage.key_function
    return lambda job: _rows(function, job, lost)


def _maker(
    stage: "GroupStage", given: Mapping[str, Any]
) -> Callable[[Sequence[Group]], list[Made]]:
    """Return what computes some groups."""
    function = stage.group_function

    def make(groups: Sequence[Group]) -> list[Made]:
        with _OpenFiles() as files:
            return [
                function.make(group.key, [files.record(one) for one in group.members], given)
                for group in groups
            ]

    return make


class _Members:
    """Where the records of groups lie."""

    def __init__(
        self,
        groups: Groups,
        parts: Sequence[tuple[Input, Segment]],
        rows: LearntRows,
    ) -> None:
        self._groups = groups
        self._bounds = array("Q", accumulate(groups.counts, initial=0))
        self._parts = dict(zip(groups.numbers, parts, strict=True))
        self._rows = KeptRows(lambda number: Rows(rows[self._parts[number][1].digest]))

    def groups(self, numbers: Iterable[int]) -> list[Group]:
        """Return groups with their records' places."""
        keys, members, bounds = self._groups.keys, self._groups.members, self._bounds
        return [
            Group(
                keys[number].decode(),
                tuple(map(self._member, members[bounds[number] : bounds[number + 1]])),
            )
            for number in numbers
        ]

    def _member(self, one: int) -> Member:
        number, index = part_of(one), index_of(one)
        file, segment = self._parts[number]
        rows = self._rows.of(number)
        start, length = rows.extent(index)
        return Member(file.place, segment.start + start, length, rows.leaf(index))


def _size(groups: Iterable[Group]) -> int:
    """Return the bytes of the records of groups."""
    return sum(member.length for group in groups for member in group.members)


def _former(memory: Memory) -> Groups:
    """Return the groups of the run before; none where they are not remembered in whole."""
    try:
        found = Groups.of_column(memory.rows[GROUPS], memory.items.keys)
    except (LookupError, ValueError, OverflowError):
        return Groups()
    return found if all(one in memory.rows for one in found.parts) else Groups()


def _rows(function: RecordFunction, job: Job, lost: Mapping[bytes, bytes | None]) -> bytes:
    records, leaves = read_hashed(job.place, job.segment)
    keys: list[bytes | None] = []
    start = job.segment.start
    for line, (record, leaf) in enumerate(zip(records, leaves, strict=True), job.segment.line + 1):
        if leaf in lost:
            keys.append(lost[leaf])
        else:
            where = Where(job.path, line, start, start + len(record))
            keys.append(_key(function.call(record, where, {}), where))
        start += len(record) + 1
    return join_rows(keys, [len(record) for record in records], leaves)


def _key(found: object, where: Where) -> bytes | None:
    if found is None:
        return None
    if not isinstance(found, str):
        raise ContractError(
            f"{where}: the key is a {type(found).__name__}",
            "return text, or None for a record that is in no group",
        )
    try:
        return found.encode()
    except UnicodeEncodeError as error:
        raise ContractError(
            f"{where}: the key {found[:40]!r} is no text", "mend the key"
        ) from error


class _OpenFiles:
    """Reads records out of many files, of which some stay open meanwhile."""

    def __init__(self) -> None:
        self._open: dict[Path, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def record(self, member: Member) -> bytes:
        """Return a record.

        Raises:
            SourceError: its file can't be read, or holds another record there by now.
        """
        try:
            end = member.start + member.length
            record = read_range(self._descriptor(member.place), member.start, end)
        except OSError as error:
            raise unreadable(member.place, error) from error
        if leaf_hash(record) != member.leaf:
            raise changed_meanwhile(member.place)
        return record

    def _descriptor(self, place: Path) -> int:
        found = self._open.get(place)
        if found is None:
            if len(self._open) >= _MOST_OPEN:
                self.__exit__()
            found = self._open[place] = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        return found
