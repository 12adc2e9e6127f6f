"""Writing outputs in shards whose ends are chosen by content, and keeping those that stand.

An output is a sequence of items: what one segment, or one group, gave. A shard ends after an item
whose last line says so, from half of the usual length on, or when it has `ROOM` bytes. So it
depends on nothing but its own items, and an edit moves its end only where it changes such a line.
Where the next items are those of a former shard, that shard stands as it is, or is given another
name; of an item that was written before, the bytes are copied out of its former shard, whose bytes
are read and held against their digest first; what is left is asked for.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from distill.errors import SourceError
from distill.receipts.digest import Digest, Fingerprint, digest_bytes, digest_file
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.memory import Items, Memory, Shard
from distill.receipts.incremental.outlines import OutlinedSums
from distill.receipts.incremental.segments import changed_meanwhile, is_end
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.staging import KnownFile, Written
from distill.receipts.workspace import Workspace

#: Shards are about this many bytes long, and have at most `ROOM` bytes before their last item.
USUAL: Final = 1024 * 1024
ROOM: Final = 48 * 1024 * 1024
_PIECE: Final = 1024 * 1024
_KEPT: Final = 64 * 1024 * 1024  # bytes of former shards in memory


class FormerShards:
    """The shards of the run before: what lies where in them, given out only as it was recorded.

    ``known`` is what the newest receipt says of those files, by recorded path.
    """

    def __init__(
        self, workspace: Workspace, former: Memory, known: Mapping[str, Fingerprint]
    ) -> None:
        self.shards, self.items = former.shards, former.items
        self.known = known
        self._workspace = workspace
        self._sound: dict[int, bool] = {}
        self._contents: dict[int, bytes | None] = {}
        self._begins: dict[bytes, int] = {}
        self._places: dict[bytes, tuple[int, int, int]] = {}  # shard, start, item
        for number, shard in enumerate(self.shards):
            start = 0
            for index in range(shard.first, shard.last):
                self._places[self.items.keys[index]] = (number, start, index)
                start += self.items.lengths[index]
            if shard.first < shard.last:
                self._begins[self.items.keys[shard.first]] = number

    def __contains__(self, key: bytes) -> bool:
        """Whether the bytes of an item can be had: its shard lies there as it was recorded."""
        found = self._places.get(key)
        return found is not None and self._is_sound(found[0])

    def place_of(self, number: int) -> Path:
        """Return where a shard lies."""
        return self._workspace.resolve(self.shards[number].path)

    def standing(self, keys: Sequence[bytes], at: int) -> int | None:
        """Return the shard that is, item for item, what a new one beginning here would be."""
        number = self._begins.get(keys[at]) if at < len(keys) else None
        if number is None:
            return None
        shard = self.shards[number]
        end = at + shard.last - shard.first
        if not (shard.is_full or end == len(keys)) or end > len(keys):
            return None
        if any(keys[at + step] != self.items.keys[shard.first + step] for step in range(end - at)):
            return None
        return number if self._is_sound(number) else None

    def made(self, key: bytes) -> Made | None:
        """Return the bytes of an item, null where they can't be had any more."""
        found = self._places.get(key)
        if found is None:
            return None
        number, start, index = found
        content = self.content(number)
        if content is None:
            return None
        return Made(content[start : start + self.items.lengths[index]], self.items.records[index])

    def _is_sound(self, number: int) -> bool:
        if number not in self._sound:
            known = self.known.get(self.shards[number].path)
            self._sound[number] = (
                known is not None
                and known.blake3.hex == self.shards[number].blake3
                and _has_digest(self.place_of(number), known.blake3)
            )
        return self._sound[number]

    def content(self, number: int) -> bytes | None:
        """Return the bytes of a shard if they are the recorded ones; the last few are kept."""
        kept = self._contents
        if number in kept:
            return kept[number]
        content = kept[number] = self._read(number)
        while len(kept) > 1 and sum(len(one or b"") for one in kept.values()) > _KEPT:
            del kept[next(iter(kept))]
        return content

    def _read(self, number: int) -> bytes | None:
        if not self._is_sound(number):
            return None
        known = self.known[self.shards[number].path]
        content = read_plain(self.place_of(number), known.bytes)
        if isinstance(content, Unread) or digest_bytes(content) != known.blake3:
            return None
        return content


class SummedFile:
    """A new file, written in large pieces; ``sums`` are there when it is closed."""

    sums: Fingerprint

    def __init__(self, place: Path) -> None:
        self.bytes = 0
        self._file = place.open("wb", buffering=0)
        self._sums = OutlinedSums(place.name)
        self._waiting: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._flush()
            self.sums = self._sums.result()
        finally:
            self._file.close()

    def write(self, content: bytes) -> None:
        """Append bytes."""
        self.bytes += len(content)
        self._size += len(content)
        self._waiting.append(content)
        if self._size >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        piece = memoryview(b"".join(self._waiting))
        self._waiting, self._size = [], 0
        self._sums.update(piece)
        while piece:
            piece = piece[self._file.write(piece) :]


@dataclass
class ShardWriter:
    """Writes items in shards ``<prefix>-00000.jsonl``, … below ``folder / below``.

    ``target`` is the recorded final place of ``folder``. There is one shard at least: what is empty
    is a file, and not an absence.
    """

    folder: Path
    target: str
    below: str
    former: FormerShards
    prefix: str = "part"
    scale: int = 1  # how many times the usual length shards of this output have
    written: list[KnownFile] = field(default_factory=list)
    shards: list[Shard] = field(default_factory=list)
    items: Items = field(default_factory=lambda: Items([], [], []))

    def write(self, keys: Sequence[bytes], make: Callable[[int], Made]) -> Items:
        """Write all items; ``make`` gives the bytes of one that was not written before.

        It is called in the order of the items.
        """
        (self.folder / self.below).mkdir(parents=True, exist_ok=True)
        self.items = Items(keys, [], [])
        at = 0
        while at < len(keys) or not self.shards:
            number = self.former.standing(keys, at)
            at = self._write_one(keys, at, make) if number is None else self._keep(number, at)
        return self.items

    @property
    def rows(self) -> int:
        """The number of records written, as they were counted in the bytes of the shards."""
        return sum(one.sums.records or 0 for one in self.written)

    def _keep(self, number: int, at: int) -> int:
        shard, items = self.former.shards[number], self.former.items
        name = self._next_name()
        path = f"{self.target}/{name}"
        linked = None if shard.path == path else self._rename(number, self.folder / name)
        end = at + shard.last - shard.first
        self.items.lengths.extend(items.lengths[shard.first : shard.last])
        self.items.records.extend(items.records[shard.first : shard.last])
        self.shards.append(Shard(path, shard.blake3, at, end, shard.is_full))
        known = self.former.known[shard.path]
        self.written.append(KnownFile(name, known, stands=shard.path == path, linked=linked))
        return end

    def _rename(self, number: int, place: Path) -> Written | None:
        """Let a former shard have another name, which is the only one that it keeps in the end.

        Returns what it was when it had the recorded bytes; null where it had to be copied.
        """
        former = self.former.place_of(number)
        known = self.former.known[self.former.shards[number].path]
        try:
            linked = Written.of(former)
            os.link(former, place, follow_symlinks=False)
        except OSError:  # the file system has no second names
            linked = None
        if linked is not None and _has_digest(place, known.blake3):
            return linked
        place.unlink(missing_ok=True)
        content = self.former.content(number)
        if content is None:
            raise changed_meanwhile(former)
        place.write_bytes(content)
        return None

    def _write_one(self, keys: Sequence[bytes], at: int, make: Callable[[int], Made]) -> int:
        name, first, is_full = self._next_name(), at, False
        usual = self.scale * USUAL
        with SummedFile(self.folder / name) as out:
            while at < len(keys) and not is_full:
                made = self.former.made(keys[at]) or make(at)
                out.write(made.content)
                self.items.lengths.append(len(made.content))
                self.items.records.append(made.records)
                is_full = out.bytes >= usual // 2 and _ends(made.content, usual - usual // 2)
                is_full = is_full or out.bytes >= ROOM
                at += 1
        path = f"{self.target}/{name}"
        self.shards.append(Shard(path, out.sums.blake3.hex, first, at, is_full))
        self.written.append(KnownFile(name, out.sums, stands=False))
        return at

    def _next_name(self) -> str:
        return f"{self.below}{self.prefix}-{len(self.shards):05}.jsonl"


def _ends(content: bytes, usual: int) -> bool:
    """Whether an item ends its shard, by its last line."""
    start = content.rfind(b"\n", 0, -1) + 1
    return is_end(sha256(content[start:]).digest(), len(content), usual)


def _has_digest(place: Path, digest: Digest) -> bool:
    try:
        return not place.is_symlink() and digest_file(place) == digest
    except SourceError:
        return False
