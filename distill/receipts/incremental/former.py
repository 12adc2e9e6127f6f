"""The shards of the run before: what lies where in them, given out only as it was recorded.

Memory says where the bytes of an item lie, and is never believed about the bytes. A shard stands,
is renamed or is copied from only if it holds what the newest receipt says: by its identity, as for
a call that is skipped, or read. What is copied was read and held against the digest in any case.
"""

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import SourceError
from distill.receipts.digest import Digest, FileIdentity, Fingerprint, digest_bytes, digest_file
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.memory import Memory
from distill.receipts.incremental.segments import changed_meanwhile
from distill.receipts.incremental.shard_file import is_next
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.real_paths import RealPaths
from distill.receipts.rereading import Rereading
from distill.receipts.scrub import scrub
from distill.receipts.staging import Written
from distill.receipts.stat_cache import StatCache
from distill.receipts.workspace import Workspace

_KEPT: Final = 64 * 1024 * 1024  # bytes of former shards in memory


class Extent(NamedTuple):
    """Items that lie one after the other in a former shard.

    ``content`` is the whole shard, ``begin`` where the first item lies. ``last`` is whether the
    shard ended behind them.
    """

    path: str
    content: bytes
    begin: int
    lengths: Sequence[int]
    records: Sequence[int]
    is_last: bool


class FormerShards:
    """What can be had of the run before.

    ``known`` is what the newest receipt says of those files, by recorded path; ``rereading`` knows
    files that nobody wrote to since they were read.
    """

    def __init__(
        self,
        workspace: Workspace,
        former: Memory,
        known: Mapping[str, Fingerprint],
        rereading: Rereading | None = None,
    ) -> None:
        self.shards, self.items = former.shards, former.items
        self.known = known
        self.rereading = rereading or Rereading(StatCache())
        self._workspace, self._real = workspace, RealPaths()
        self._sound: dict[int, FileIdentity | None] = {}
        self._contents: dict[int, bytes | None] = {}
        self._firsts = [shard.first for shard in self.shards]
        self._begins = {
            self.items.keys[shard.first]: number
            for number, shard in enumerate(self.shards)
            if shard.first < shard.last
        }

    def scrub(self) -> None:
        """Read those again that were read longest ago, so that none is believed for ever."""
        places = {
            shard.path: os.fspath(self.place_of(number))
            for number, shard in enumerate(self.shards)
            if shard.path in self.known
        }
        if self.rereading.reread is None:
            scrub(self.rereading.cache, places)

    def __contains__(self, key: bytes) -> bool:
        """Whether the bytes of an item can be had: its shard lies there as it was recorded."""
        index = self._numbers.find(key)
        return index is not None and self._is_sound(self._shard_of(index))

    def missing(self, keys: Keys) -> Sequence[int]:
        """Return the numbers of the keys whose bytes can't be had."""
        if all(self._is_sound(number) for number in range(len(self.shards))):
            return list(self._new(keys))
        return [number for number, key in enumerate(keys) if key not in self]

    def place_of(self, number: int) -> Path:
        """Return where a shard lies."""
        return self._workspace.resolve(self.shards[number].path, self._real)

    def standing(self, keys: Keys, at: int) -> int | None:
        """Return the shard that is, item for item, what a new one beginning here would be."""
        number = self._begins.get(keys[at]) if at < len(keys) else None
        if number is None:
            return None
        shard = self.shards[number]
        items = range(shard.first, shard.last)
        is_it = is_next(keys, at, self.items.keys, items, is_full=shard.is_full)
        return number if is_it and self._is_sound(number) else None

    def made(self, key: bytes) -> Made | None:
        """Return the bytes of an item, null where they can't be had any more."""
        found = self.extent(Keys(key), 0)
        if found is None:
            return None
        content = found.content[found.begin : found.begin + found.lengths[0]]
        return Made(content, found.records[0])

    def extent(self, keys: Keys, at: int) -> Extent | None:
        """Return as many items from here on as lie together; null where the first can't be had."""
        index = self._numbers.find(keys[at])
        if index is None:
            return None
        number = self._shard_of(index)
        content = self.content(number)
        if content is None:
            return None
        shard = self.shards[number]
        behind = index + keys.common(at, self.items.keys, index, shard.last - index)
        return Extent(
            shard.path,
            content,
            self._starts[index] - self._starts[shard.first],
            self.items.lengths[index:behind],
            self.items.records[index:behind],
            behind == shard.last,
        )

    def content(self, number: int) -> bytes | None:
        """Return the bytes of a shard if they are the recorded ones; the last few are kept."""
        kept = self._contents
        if number in kept:
            return kept[number]
        content = kept[number] = self._read(number)
        while len(kept) > 1 and sum(len(one or b"") for one in kept.values()) > _KEPT:
            del kept[next(iter(kept))]
        return content

    def link(self, number: int, place: Path) -> Written | None:
        """Let a shard have another name too; return what it was, null where it had to be copied.

        Raises:
            SourceError: it does not hold the recorded bytes any more.
        """
        former, path = self.place_of(number), self.shards[number].path
        digest = self.known[path].blake3
        before: FileIdentity | None
        try:
            before = FileIdentity.of(former.stat())
            os.link(former, place, follow_symlinks=False)
        except OSError:  # the file system has no second names
            before = None
        if before is not None and self._is_still(number, before, place, digest):
            return Written(before.size, before.mtime_ns)
        place.unlink(missing_ok=True)
        content = self.content(number)
        if content is None:
            raise changed_meanwhile(former)
        place.write_bytes(content)
        return None

    def _is_still(self, number: int, before: FileIdentity, place: Path, digest: Digest) -> bool:
        """Whether a new name leads to the file that was found to be sound, unwritten since.

        ``before`` is what it was right before it got the name, which changes its ctime. Where its
        times don't tell that nobody wrote to it, it is read.
        """
        now = FileIdentity.of(place.lstat())
        is_same = self._sound.get(number) == before == now._replace(ctime_ns=before.ctime_ns)
        is_settled = self.rereading.cache.is_settled(max(before.mtime_ns, before.ctime_ns))
        if not (is_same and is_settled) and not _has_digest(place, digest):
            return False
        self.rereading.renamed(self.shards[number].path, now, digest)
        return True

    @cached_property
    def _numbers(self) -> KeyIndex:
        return KeyIndex(self.items.keys)

    @cached_property
    def _starts(self) -> Sequence[int]:
        return array("Q", accumulate(self.items.lengths, initial=0))

    def _new(self, keys: Keys) -> Iterator[int]:
        """Yield the numbers of the keys that no item has; most of the others stand as they did."""
        known, at, expected = self.items.keys, 0, 0
        while True:
            at += keys.common(at, known, expected, len(keys) - at)
            if at == len(keys):
                return
            number = self._numbers.find(keys[at])
            if number is None:
                yield at
            else:
                expected = number
            at += 1
            expected += 1

    def _shard_of(self, index: int) -> int:
        # Of shards without items, the last of those that begin here is the one that has it.
        return bisect_right(self._firsts, index) - 1

    def _is_sound(self, number: int) -> bool:
        if number not in self._sound:
            self._sound[number] = self._look(number)
        return self._sound[number] is not None

    def _look(self, number: int) -> FileIdentity | None:
        """Return the identity of a shard that holds what is recorded; null for any other."""
        path = self.shards[number].path
        known = self.known.get(path)
        if known is None or known.blake3.hex != self.shards[number].blake3:
            return None
        place = self.place_of(number)
        try:
            if place.is_symlink():
                return None
            digest, identity = self.rereading.digest_of(path, place)
        except SourceError:
            return None
        return identity if digest == known.blake3 else None

    def _read(self, number: int) -> bytes | None:
        if not self._is_sound(number):
            return None
        known = self.known[self.shards[number].path]
        content = read_plain(self.place_of(number), known.bytes)
        if isinstance(content, Unread) or digest_bytes(content) != known.blake3:
            return None
        return content


def _has_digest(place: Path, digest: Digest) -> bool:
    try:
        return not place.is_symlink() and digest_file(place) == digest
    except SourceError:
        return False
