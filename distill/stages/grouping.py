"""Many rows to one run: what a raw record gives to which group, and in which order a group stands.

A group is told by a value in its rows, or by the path of their file (`groups_by_path`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from distill.records.compact import compact
from distill.records.taxonomy import QuarantineReason
from distill.sources.framing import MAX_RECORD_BYTES
from distill.sources.pointers import parse_pointer, resolve
from distill.sources.protocol import RawRecord, RecordError, Source
from distill.sources.rows import read_row, split_row

#: A run's rows are in memory together: four records of the largest size.
MAX_GROUP_BYTES: Final = 4 * MAX_RECORD_BYTES

Rank = str | int | float
Ranked = TypeVar("Ranked")


@dataclass(frozen=True, slots=True)
class GroupedRow:
    """What a record tells of one run: the group's key, the row, and the row as JSON.

    ``rank`` sorts the group, null without `order_by`: then rows stand as they were logged.
    ``is_whole``: the row is the record itself.
    """

    key: str
    rank: Rank | None
    value: Any
    data: bytes
    is_whole: bool


def grouped_rows(source: Source, path: str, record: RawRecord) -> list[GroupedRow]:
    """Return the rows that a record of the file at the recorded `path` gives to groups.

    None where it tells of no run.

    Raises:
        RecordError: the record is no JSON, or has no value to group or order by.
    """
    row = read_row(source, path, record.data)
    parts = split_row(source, row, path)
    rank = _rank(source, row) if parts else None
    found: list[GroupedRow] = []
    for key, part in parts:
        if not isinstance(key, str | int):
            raise _ungrouped()
        data = record.data if part is row else compact(part).encode()
        found.append(GroupedRow(str(key), rank, part, data, part is row))
    return found


def ranked(rows: Iterable[tuple[Rank | None, Ranked]]) -> Sequence[Ranked]:
    """Return what has a rank in the order of the ranks: numbers, then texts; equals as they come.

    What has none stands as it comes.
    """
    return [one for _, one in sorted(rows, key=lambda row: _order(row[0]))]


def _rank(source: Source, row: Any) -> Rank | None:
    if source.order_by is None:
        return None
    rank = resolve(row, parse_pointer(source.order_by))
    if not isinstance(rank, str | int | float):
        raise _ungrouped()
    return rank


def _order(rank: Rank | None) -> tuple[bool, Rank]:
    return (isinstance(rank, str), 0 if rank is None else rank)


def _ungrouped() -> RecordError:
    return RecordError(
        QuarantineReason.MISSING_SOURCE_RUN_ID,
        "group_by",
        "the row has no text or number to group by, or none to order by",
    )
