"""Reading files again: each once, the large ones by all threads, the others side by side."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from distill.errors import SourceError
from distill.receipts.digest import (
    Digest,
    FileIdentity,
    Fingerprint,
    Sha256,
    fingerprint_file,
    watch_file,
)
from distill.receipts.plain_files import Unread, look_at
from distill.receipts.stat_cache import StatCache
from distill.receipts.threads import by_threads
from distill.receipts.verify.rows import NO_BAD_ROWS, BadRows, RowCheck, RowReader

#: From here on several threads read one file faster than they read several.
LARGE: Final = 16 * 2**20
NO_ROWS: Final[Mapping[str, RowCheck]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file holds. All but size and BLAKE3 are null where they were not looked for.

    Without ``is_reread`` it is what the file held when it was last read, by the stat cache.
    """

    bytes: int
    blake3: Digest
    sha256: Sha256 | None = None
    records: int | None = None
    root: Sha256 | None = None
    is_reread: bool = True
    bad_rows: BadRows = NO_BAD_ROWS


Look: TypeAlias = Seen | Unread
Reading: TypeAlias = Mapping[str, Look]


@dataclass(frozen=True, slots=True)
class _Task:
    """A plain file that is to be read, as it was when it was found."""

    shown: str
    place: Path
    identity: FileIdentity
    check: RowCheck | None


def usable_threads() -> int:
    """Return how many threads this process may run at once."""
    return len(os.sched_getaffinity(0))


def read_files(
    places: Mapping[str, Path],
    *,
    is_deep: bool,
    threads: int = 1,
    cache: StatCache | None = None,
    rows: Mapping[str, RowCheck] = NO_ROWS,
) -> dict[str, Look]:
    """Read files, given by the names that receipts have for them, and return what each holds.

    ``is_deep`` adds SHA-256, records and root to size and BLAKE3, and puts the lines of files
    through the check that ``rows`` has for them. What a ``cache`` knows is not read, and what it
    doesn't know it learns.
    """
    found: dict[str, Look] = {}
    tasks: list[_Task] = []
    for shown, place in places.items():
        status = look_at(place)
        if isinstance(status, Unread):
            found[shown] = status
            continue
        identity = FileIdentity.of(status)
        known = None if cache is None or is_deep else cache.digest_of(shown, identity)
        if known is None:
            tasks.append(_Task(shown, place, identity, rows.get(shown)))
        else:
            found[shown] = Seen(identity.size, known, is_reread=False)
    looks = _read_all(tasks, is_deep=is_deep, threads=threads)
    if cache is not None:
        pairs = zip(tasks, looks, strict=True)
        cache.learn(
            (t.shown, t.identity, look.blake3) for t, look in pairs if isinstance(look, Seen)
        )
    return found | {task.shown: look for task, look in zip(tasks, looks, strict=True)}


def _read_all(tasks: list[_Task], *, is_deep: bool, threads: int) -> list[Look]:
    """Read files, the largest first: ``tasks`` are put in that order."""
    tasks.sort(key=lambda task: (-task.identity.size, task.shown))
    read = _read_deep if is_deep else _read
    alone = 0 if is_deep else _read_alone(tasks, threads)
    looks = [_read(task, threads) for task in tasks[:alone]]
    return looks + by_threads(read, tasks[alone:], threads)


def _read_alone(tasks: list[_Task], threads: int) -> int:
    """Return how many of the largest files are better read one after another, by all threads.

    A file that holds more than a thread's share of what is left would keep the others waiting.
    """
    left = sum(task.identity.size for task in tasks)
    for count, task in enumerate(tasks):
        if threads == 1 or task.identity.size < LARGE or task.identity.size * threads <= left:
            return count
        left -= task.identity.size
    return len(tasks)


def _read(task: _Task, threads: int = 1) -> Look:
    try:
        digest, identity = watch_file(task.place, threads=threads)
    except SourceError as error:
        return _unreadable(task, error)
    return _unchanged(task, identity) or Seen(identity.size, digest)


def _read_deep(task: _Task) -> Look:
    try:
        reader = None if task.check is None else RowReader(task.check)
        held, identity = fingerprint_file(task.place, beside=reader)
    except SourceError as error:
        return _unreadable(task, error)
    return _unchanged(task, identity) or _seen(
        held, NO_BAD_ROWS if reader is None else reader.close()
    )


def _seen(held: Fingerprint, bad_rows: BadRows) -> Seen:
    return Seen(held.bytes, held.blake3, held.sha256, held.records, held.root, bad_rows=bad_rows)


def _unchanged(task: _Task, identity: FileIdentity) -> Unread | None:
    """Return that a file is not the one that was found; a link may have taken its place."""
    if identity == task.identity:
        return None
    return Unread("unreadable", "changed while it was read")


def _unreadable(task: _Task, error: SourceError) -> Unread:
    return Unread("unreadable", error.message.removeprefix(f"{task.place} "))
