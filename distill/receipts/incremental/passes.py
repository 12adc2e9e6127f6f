"""Two passes over the parts of an input, for stages whose records depend on each other.

The first pass gives, for each part, its **rows**: keys and positions, which are remembered. From
them the stage works out across all parts what becomes of each. The second pass writes the lines of
the parts with those changes. A part is computed where its rows are not remembered or its lines
can't be taken from a former shard.

Law: the outputs are those of a full rebuild, if a part's rows and lines follow from its key, and
its final lines from its lines and its changes.
"""

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Generic, Protocol, Self, TypeVar

from distill.receipts.incremental.drafts import Drafts
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.remembered import NO_ITEM
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shard_file import lines_in
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.incremental.workers import Known, in_order

Job = TypeVar("Job")

#: The changes of a part that is written as it is.
NONE: Final = b""


@dataclass(frozen=True, slots=True)
class Part(Generic[Job]):
    """A part of the input: the key (32 bytes) that decides it, and its size in bytes.

    ``job`` is what a worker is given, null where the input was not read; ``again`` reads it.
    """

    key: bytes
    size: int
    job: Job | None
    again: Callable[[], Job]

    @classmethod
    def at_hand(cls, key: bytes, size: int, job: Job) -> Self:
        """Return a part whose job says where its input lies, and holds none of it."""
        return cls(key, size, job, lambda: job)


class Parts(Protocol[Job]):
    """Parts in their order: a list of them, or what makes each when it is asked for."""

    def __len__(self) -> int:
        """Return their number."""

    def __getitem__(self, number: int, /) -> Part[Job]:
        """Return one by its number from 0."""

    def __iter__(self) -> Iterator[Part[Job]]:
        """Yield all of them."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the first pass gives of a part: its rows, in the stage's own form, and its lines."""

    rows: bytes
    content: bytes


class Passes(Generic[Job]):
    """Both passes of one run. ``start(*given)`` returns the function that computes a job.

    ``folder`` has room for lines and rows between the passes; ``worth`` and ``before`` are those of
    `in_order`.
    ``scale`` is that of the writer of the second pass, where one writes all parts that the first
    one gave, in that order: most lines are written once then.
    ``is_packed``: rows come as they are to be remembered, and are given out so; else they are
    compressed here.
    """

    def __init__(
        self,
        running: Running,
        folder: Path,
        start: Callable[..., Callable[[Job], Mapped]],
        given: tuple[object, ...],
        *,
        worth: int | None = None,
        before: Callable[[], object] | None = None,
        scale: int | None = None,
        is_packed: bool = False,
    ) -> None:
        self._running, self._is_packed = running, is_packed
        self._in_order = partial(in_order, start, given, worth=worth, before=before)
        self._start, self._given = start, given
        self._function: Callable[[Job], Mapped] | None = None
        self._known = running.memory.rows
        self._learnt = running.learnt(folder)
        self._drafts = Drafts(folder, scale)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._drafts.__exit__()

    def knows(self, key: bytes) -> bool:
        """Whether a part with this key need not be computed: its rows and its lines are there."""
        if key not in self._known:
            return False
        item = self._known.item_of(key)
        return item == NO_ITEM or item in self._running.former

    def first(self, parts: Iterable[Part[Job]]) -> Iterator[tuple[Part[Job], bytes]]:
        """Yield each part with its rows, in order; what comes out holds no input any more."""
        asked: deque[Part[Job]] = deque()
        jobs = self._jobs(parts, asked)
        for found in self._in_order(jobs):
            part = asked.popleft()
            yield part, self._take(part.key, found)

    def rows(self, key: bytes) -> bytes:
        """Return the rows of a part that this run has met, or the run before.

        Raises:
            KeyError: neither has.
        """
        return self._unpacked(self._learnt[key] if key in self._learnt else self._known[key])

    def content(self, part: Part[Job]) -> bytes:
        """Return the lines of a part before any change."""
        found = self.spooled(part)
        if found is not None:
            return found
        made = self._running.former.made(part.key)  # an item without changes has the part's key
        return self._compute(part) if made is None else made.content

    def spooled(self, part: Part[Job]) -> bytes | None:
        """Return what `content` does of a part that this run computed, null of any other."""
        return self._drafts.get(part.key)

    def fetch(self, part: Part[Job]) -> None:
        """Read a part again now if `content` would have to."""
        if part.key not in self._drafts and part.key not in self._running.former:
            self._compute(part)

    def second(
        self,
        writer: ShardWriter,
        parts: Parts[Job],
        changes: Callable[[int], bytes],
        apply: Callable[[int, bytes], bytes],
    ) -> None:
        """Write the lines of parts.

        ``changes(number)`` says what becomes of a part, `NONE` for nothing; where it says something
        ``apply(number, lines)`` returns the lines that follow from it.
        """
        keys = Keys.of(item_key(part.key, changes(number)) for number, part in enumerate(parts))

        def make(number: int) -> Made:
            content = self.content(parts[number])
            if keys[number] != parts[number].key:
                content = apply(number, content)
            return Made(content, lines_in(content))

        writer.write(keys, make, self._drafts)
        for part, key in zip(parts, keys, strict=True):
            self._learnt.set_item(part.key, key)

    def _jobs(
        self, parts: Iterable[Part[Job]], asked: deque[Part[Job]]
    ) -> Iterator[tuple[Job, int] | Known[None]]:
        for part in parts:
            asked.append(replace(part, job=None))
            if self.knows(part.key):
                yield Known(None)
            else:
                yield (part.again() if part.job is None else part.job), part.size

    def _take(self, key: bytes, found: Mapped | None) -> bytes:
        if found is None:
            self._drafts.end_shards()
            self._learnt.keep(key)
            return self._unpacked(self._known[key])
        self._learnt.put(key, found.rows if self._is_packed else zlib.compress(found.rows, 1))
        self._drafts.keep(key, found.content)
        return found.rows

    def _unpacked(self, rows: bytes) -> bytes:
        return rows if self._is_packed else zlib.decompress(rows)

    def _compute(self, part: Part[Job]) -> bytes:
        if self._function is None:
            self._function = self._start(*self._given)
        mapped = self._function(part.again())
        self._drafts.keep(part.key, mapped.content)
        return mapped.content


def item_key(key: bytes, changes: bytes) -> bytes:
    """Return the key of the item that a part comes to with changes."""
    return key if changes == NONE else sha256(key + changes).digest()
