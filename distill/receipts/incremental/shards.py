"""Writing outputs in shards whose ends are chosen by content, and keeping those that stand.

An output is a sequence of items: what one segment, or one group, gave. A shard ends after an item
whose last line says so, from half of the usual length on, or when it has `ROOM` bytes. So it
depends on nothing but its own items, and an edit moves its end only where it changes such a line.
Where the next items are those of a former shard, that shard stands as it is, or is given another
name; of an item that was written before, the bytes are copied out of its former shard, whose bytes
are read and held against their digest first; what is left is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from distill.receipts.digest import Fingerprint
from distill.receipts.incremental.former import Extent, FormerShards
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.memory import Items, Shard
from distill.receipts.incremental.outlines import OutlinedSums
from distill.receipts.incremental.segments import is_end
from distill.receipts.staging import KnownFile

#: Shards are about this many bytes long, and have at most `ROOM` bytes before their last item.
USUAL: Final = 1024 * 1024
ROOM: Final = 48 * 1024 * 1024
_PIECE: Final = 1024 * 1024


class SummedFile:
    """A new file, written in large pieces; ``sums`` are there when it is closed."""

    sums: Fingerprint

    def __init__(self, place: Path) -> None:
        self.bytes = 0
        self._file = place.open("wb", buffering=0)
        self._sums = OutlinedSums(place.name)
        self._waiting: list[bytes | memoryview] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._flush()
            self.sums = self._sums.result()
        finally:
            self._file.close()

    def write(self, content: bytes | memoryview) -> None:
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
    items: Items = field(default_factory=Items)

    def write(self, keys: Sequence[bytes], make: Callable[[int], Made]) -> Items:
        """Write all items; ``make`` gives the bytes of one that was not written before.

        It is called in the order of the items.
        """
        (self.folder / self.below).mkdir(parents=True, exist_ok=True)
        self.items = Items(Keys.of(keys))
        held, at = self.items.keys, 0
        while at < len(held) or not self.shards:
            number = self.former.standing(held, at)
            at = self._write_one(held, at, make) if number is None else self._keep(number, at)
        return self.items

    @property
    def rows(self) -> int:
        """The number of records written, as they were counted in the bytes of the shards."""
        return sum(one.sums.records or 0 for one in self.written)

    def _keep(self, number: int, at: int) -> int:
        shard, items = self.former.shards[number], self.former.items
        name = self._next_name()
        path = f"{self.target}/{name}"
        linked = None if shard.path == path else self.former.link(number, self.folder / name)
        end = at + shard.last - shard.first
        self.items.lengths.extend(items.lengths[shard.first : shard.last])
        self.items.records.extend(items.records[shard.first : shard.last])
        self.shards.append(Shard(path, shard.blake3, at, end, shard.is_full))
        known = self.former.known[shard.path]
        self.written.append(KnownFile(name, known, stands=shard.path == path, linked=linked))
        return end

    def _write_one(self, keys: Keys, at: int, make: Callable[[int], Made]) -> int:
        name, first, is_full = self._next_name(), at, False
        with SummedFile(self.folder / name) as out:
            while at < len(keys) and not is_full:
                extent = self.former.extent(keys, at)
                if extent is None:
                    is_full = self._append(out, make(at))
                    at += 1
                else:
                    taken, is_full = self._copy(out, extent)
                    at += taken
        path = f"{self.target}/{name}"
        self.shards.append(Shard(path, out.sums.blake3.hex, first, at, is_full))
        self.written.append(KnownFile(name, out.sums, stands=False))
        return at

    def _append(self, out: SummedFile, made: Made) -> bool:
        """Write an item that is computed; return whether the shard ends behind it."""
        out.write(made.content)
        self.items.lengths.append(len(made.content))
        self.items.records.append(made.records)
        return out.bytes >= ROOM or (out.bytes >= self._half and self._is_end(made.content))

    def _copy(self, out: SummedFile, extent: Extent) -> tuple[int, bool]:
        """Copy items until the shard ends; return how many they are, and whether it does.

        Whether an item ends a shard follows from its bytes. So one that lay beyond the half of its
        shard, and did not end it, is not asked again.
        """
        is_ours = extent.path.startswith(f"{self.target}/{self.below}{self.prefix}-")
        content, half, number = extent.content, self._half, 0
        start = end = extent.begin
        size, is_full, last = out.bytes, False, len(extent.lengths) - 1
        for number, length in enumerate(extent.lengths):
            end += length
            size += length
            if size < half:
                continue
            is_known = is_ours and end >= half and not (extent.is_last and number == last)
            is_full = size >= ROOM or (not is_known and self._is_end(content[end - length : end]))
            if is_full:
                break
        out.write(memoryview(content)[start:end])
        self.items.lengths.extend(extent.lengths[: number + 1])
        self.items.records.extend(extent.records[: number + 1])
        return number + 1, is_full

    @property
    def _half(self) -> int:
        return self.scale * USUAL // 2

    def _is_end(self, content: bytes) -> bool:
        usual = self.scale * USUAL
        return _ends(content, usual - usual // 2)

    def _next_name(self) -> str:
        return f"{self.below}{self.prefix}-{len(self.shards):05}.jsonl"


def _ends(content: bytes, usual: int) -> bool:
    """Whether an item ends its shard, by its last line."""
    start = content.rfind(b"\n", 0, -1) + 1
    return is_end(sha256(content[start:]).digest(), len(content), usual)
