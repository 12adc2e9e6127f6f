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

from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.passes import NONE, Mapped, item_key
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.incremental.spool import Spool
from distill.receipts.incremental.workers import Known, in_order
from distill.stages.bundles import Bundles, FormerlyTold, pack, together_of
from distill.stages.scored_groups import Group, ScoredGroups, former_digests

Told: TypeAlias = Mapping[str, Any]
Items: TypeAlias = Callable[[bytes, Told], Sequence[bytes]]
_NOTHING_MISSING: Final[Known[list[Mapped]]] = Known([])


@dataclass(frozen=True)
class Telling:
    """How groups become rows, and what they tell.

    ``start(*given)`` returns the function that computes some groups; ``together`` joins what groups
    told; ``items`` are the keys of what was written of a group, by its digest and what it told,
    null where that is its digest.
    """

    start: Callable[..., Callable[[Sequence[Group]], list[Mapped]]]
    given: tuple[object, ...]
    together: Callable[[Sequence[Told]], dict[str, Any]]
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
        self._learnt, self._spooled = running.learnt(folder), Spool(folder)
        self._gone = array("Q", running.former.missing(self._digests))
        self._function: Callable[[Sequence[Group]], list[Mapped]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spooled.__exit__()

    def first(self) -> Iterator[tuple[int, Told]]:
        """Yield of each bundle, in order, its number of runs and what its groups told together."""
        asked: deque[tuple[int, list[int]]] = deque()
        jobs = self._jobs(asked)
        for made in in_order(self._telling.start, self._telling.given, jobs):
            number, missing = asked.popleft()
            key, groups = self._bundles.key(number), self._bundles.groups(number)
            if not missing and key in self._running.memory.rows:
                self._learnt.keep(key)
                together = together_of(self._running.memory.rows[key])
            else:
                together = self._take(key, groups, dict(zip(missing, made, strict=True)))
            before, behind = map(self._groups.runs_before, (groups.start, groups.stop))
            yield behind - before, orjson.loads(together)

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
            return Made(content, content.count(b"\n"))

        writer.write(keys, make)

    def _jobs(
        self, asked: deque[tuple[int, list[int]]]
    ) -> Iterator[tuple[list[Group], int] | Known[list[Mapped]]]:
        for number in range(len(self._bundles)):
            missing = self._missing(number)
            asked.append((number, missing))
            if missing:
                groups = [self._groups.group(at) for at in missing]
                yield groups, sum(one.size for one in groups)
            else:
                yield _NOTHING_MISSING

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

    def _take(self, key: bytes, groups: range, made: Mapping[int, Mapped]) -> bytes:
        told: list[bytes] = []
        for at in groups:
            if at in made:
                self._spooled.keep(self._digests[at], made[at].content)
                told.append(made[at].rows)
            else:
                told.append(self._former[self._digests[at]])
        together = orjson.dumps(self._telling.together([orjson.loads(one) for one in told]))
        self._learnt.put(key, pack(together, told))
        return together

    def _content(self, number: int) -> bytes:
        digest = self._digests[number]
        found = self._spooled.get(digest)
        if found is None:
            former = self._running.former.made(digest)
            found = None if former is None else former.content
        if found is None:  # written before, and damaged since, or a piece of it is gone
            if self._function is None:
                self._function = self._telling.start(*self._telling.given)
            found = self._function([self._groups.group(number)])[0].content
            self._spooled.keep(digest, found)
        return found
