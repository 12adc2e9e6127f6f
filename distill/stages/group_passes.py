"""Two passes over groups of scored runs: as `distill.receipts.incremental.passes` over parts.

A group is an item of the output by itself (of each split, where there are some), but it is told of
in a bundle: of bundles that stayed nothing is looked at group by group, but for their items in
splits.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import orjson

from distill.receipts.heap import give_back
from distill.receipts.incremental.drafts import Drafts
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.passes import NONE, Mapped, item_key
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shard_file import lines_in
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.incremental.workers import Known, in_order
from distill.stages.bundles import Bundles, FormerlyTold, pack, together_of
from distill.stages.scored_groups import Group, ScoredGroups, former_digests
from distill.stages.split_files import SCALE

ToldByGroup: TypeAlias = Mapping[str, Any]
Items: TypeAlias = Callable[[bytes, ToldByGroup], Sequence[bytes]]
_NO_MORE: Final[Known[list[Mapped]]] = Known([])


@dataclass(frozen=True)
class Telling:
    """How groups become rows, and what they tell.

    ``start(*given)`` returns the function that computes some groups: as many as have ``at_once``
    runs together, or one that has more. ``together`` joins what groups told; ``items`` are the keys
    of what was written of a group, by its digest and what it told. It is null where that is the
    digest: where one writer, of the scale of sets, writes all groups. ``worth`` is that of
    `in_order`, in bytes of scored lines.
    """

    start: Callable[..., Callable[[Sequence[Group]], list[Mapped]]]
    given: tuple[object, ...]
    together: Callable[[Sequence[ToldByGroup]], dict[str, Any]]
    at_once: int
    worth: int
    items: Items | None = None


class GroupPasses:
    """Both passes of one run; ``folder`` has room for what waits between them."""

    def __init__(
        self, running: Running, folder: Path, groups: ScoredGroups, telling: Telling
    ) -> None:
        self._running, self._groups, self._telling = running, groups, telling
        self._digests = groups.digests
        self._bundles = Bundles(self._digests)
        self._former = FormerlyTold(former_digests(running.memory), running.memory.rows)
        self._learnt = running.learnt(folder)
        self._drafts = Drafts(folder, SCALE if telling.items is None else None)
        self._gone = array("Q", running.former.missing(self._digests))
        self._function: Callable[[Sequence[Group]], list[Mapped]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._drafts.__exit__()

    def first(self) -> Iterator[tuple[int, ToldByGroup]]:
        """Yield of each bundle, in order, its number of runs and what its groups told together."""
        asked: deque[list[int]] = deque()
        jobs = self._jobs(asked)
        number, rows = 0, dict[int, bytes]()
        for made in in_order(
            self._telling.start,
            self._telling.given,
            jobs,
            worth=self._telling.worth,
            before=give_back,  # what grouping needed, which is twice what stays of it
        ):
            some = asked.popleft()
            if some:
                rows |= self._keep(some, made)
                continue
            groups = self._bundles.groups(number)
            yield self._runs(groups), orjson.loads(self._take(number, groups, rows))
            number, rows = number + 1, {}

    def second(
        self,
        writer: ShardWriter,
        changes: Callable[[int], bytes],
        apply: Callable[[int, bytes], bytes],
    ) -> None:
        """Write the lines of all groups; see `Passes.second`."""
        keys = Keys.of(item_key(one, changes(at)) for at, one in enumerate(self._digests))

        def make(number: int) -> Made:
            content = self._content(number)
            if changes(number) != NONE:
                content = apply(number, content)
            return Made(content, lines_in(content))

        writer.write(keys, make, self._drafts)

    def _jobs(
        self, asked: deque[list[int]]
    ) -> Iterator[tuple[list[Group], int] | Known[list[Mapped]]]:
        """Yield the jobs of each bundle, and behind them one that is known and empty."""
        for number in range(len(self._bundles)):
            for some in self._cut(self._missing(number)):
                asked.append(some)
                groups = [self._groups.group(at) for at in some]
                yield groups, sum(one.size for one in groups)
            asked.append([])
            yield _NO_MORE

    def _cut(self, missing: Sequence[int]) -> Iterator[list[int]]:
        """Cut groups into those that are computed at once: what they give is in memory together."""
        some: list[int] = []
        runs = 0
        for at in missing:
            more = self._runs(range(at, at + 1))
            if some and runs + more > self._telling.at_once:
                yield some
                some, runs = [], 0
            some.append(at)
            runs += more
        if some:
            yield some

    def _runs(self, groups: range) -> int:
        before, behind = map(self._groups.runs_before, (groups.start, groups.stop))
        return behind - before

    def _missing(self, number: int) -> list[int]:
        """Return which groups of a bundle must be computed: what they told or wrote is gone."""
        groups, items = self._bundles.groups(number), self._telling.items
        if items is not None:
            return [at for at in groups if not self._has(self._digests[at], items)]
        first, behind = (bisect_left(self._gone, at) for at in (groups.start, groups.stop))
        gone = set(self._gone[first:behind])
        if not gone and self._bundles.key(number) in self._running.memory.rows:
            return []
        return [at for at in groups if at in gone or self._digests[at] not in self._former]

    def _has(self, digest: bytes, items: Items) -> bool:
        """Whether it is there what a group told, and all that was written of it."""
        told = self._former.get(digest)
        former = self._running.former
        return told is not None and all(one in former for one in items(digest, orjson.loads(told)))

    def _keep(self, some: Sequence[int], made: Sequence[Mapped]) -> dict[int, bytes]:
        """Let what was written of groups wait on the disk, and return what they told."""
        for at, one in zip(some, made, strict=True):
            self._drafts.keep(self._digests[at], one.content)
        return {at: one.rows for at, one in zip(some, made, strict=True)}

    def _take(self, number: int, groups: range, rows: Mapping[int, bytes]) -> bytes:
        """Learn what a bundle tells, of which some groups were computed; return it together."""
        key, known = self._bundles.key(number), self._running.memory.rows
        if len(rows) < len(groups):
            self._drafts.end_shards()
        if not rows and key in known:
            self._learnt.keep(key)
            return together_of(known[key])
        told = [rows[at] if at in rows else self._former[self._digests[at]] for at in groups]
        together = orjson.dumps(self._telling.together([orjson.loads(one) for one in told]))
        self._learnt.put(key, pack(together, told))
        return together

    def _content(self, number: int) -> bytes:
        digest = self._digests[number]
        found = self._drafts.get(digest)
        if found is None:
            former = self._running.former.made(digest)
            found = None if former is None else former.content
        if found is None:  # written before, and damaged since, or a piece of it is gone
            if self._function is None:
                self._function = self._telling.start(*self._telling.given)
            found = self._function([self._groups.group(number)])[0].content
            self._drafts.keep(digest, found)
        return found
