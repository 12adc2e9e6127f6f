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
from pathlib import Path

from distill.receipts.digest import Fingerprint
from distill.receipts.incremental.drafts import Draft, Drafts
from distill.receipts.incremental.former import Extent, FormerShards
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.memory import Items, Shard
from distill.receipts.incremental.shard_file import SummedFile, ends, half, has_no_room, is_full
from distill.receipts.staging import KnownFile


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

    def write(
        self,
        keys: Sequence[bytes],
        make: Callable[[int], Made],
        drafts: Drafts | None = None,
    ) -> Items:
        """Write all items; ``make`` gives the bytes of one that was not written before.

        It is called in the order of the items. Shards of ``drafts`` are taken where they are what
        would be written.

        Raises:
            ValueError: the drafts are of another scale.
        """
        if drafts is not None and drafts.scale not in {None, self.scale}:
            message = f"drafts of scale {drafts.scale} are no shards of scale {self.scale}"
            raise ValueError(message)
        (self.folder / self.below).mkdir(parents=True, exist_ok=True)
        self.items = Items(Keys.of(keys))
        held, at = self.items.keys, 0
        while at < len(held) or not self.shards:
            number = self.former.standing(held, at)
            draft = None if drafts is None else drafts.standing(held, at)
            if number is not None:
                at = self._keep(number, at)
            elif drafts is not None and draft is not None:
                at = self._take(drafts, draft, at)
            else:
                at = self._write_one(held, at, make)
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

    def _take(self, drafts: Drafts, draft: Draft, at: int) -> int:
        name = self._next_name()
        drafts.take(draft, self.folder / name)
        end = at + draft.last - draft.first
        self.items.lengths.extend(drafts.lengths(draft))
        self.items.records.extend(drafts.records(draft))
        self._add(name, draft.sums, range(at, end), is_full=draft.is_full)
        return end

    def _write_one(self, keys: Keys, at: int, make: Callable[[int], Made]) -> int:
        name, first, is_ended = self._next_name(), at, False
        with SummedFile(self.folder / name) as out:
            while at < len(keys) and not is_ended:
                extent = self.former.extent(keys, at)
                if extent is None:
                    is_ended = self._append(out, make(at))
                    at += 1
                else:
                    taken, is_ended = self._copy(out, extent)
                    at += taken
        self._add(name, out.sums, range(first, at), is_full=is_ended)
        return at

    def _add(self, name: str, sums: Fingerprint, items: range, *, is_full: bool) -> None:
        """Take a new shard, which has the items of these numbers."""
        path = f"{self.target}/{name}"
        self.shards.append(Shard(path, sums.blake3.hex, items.start, items.stop, is_full))
        self.written.append(KnownFile(name, sums, stands=False))

    def _append(self, out: SummedFile, made: Made) -> bool:
        """Write an item that is computed; return whether the shard ends behind it."""
        out.write(made.content)
        self.items.lengths.append(len(made.content))
        self.items.records.append(made.records)
        return is_full(out.bytes, made.content, self.scale)

    def _copy(self, out: SummedFile, extent: Extent) -> tuple[int, bool]:
        """Copy items until the shard ends; return how many they are, and whether it does.

        Whether an item ends a shard follows from its bytes. So one that lay beyond the half of its
        shard, and did not end it, is not asked again.
        """
        is_ours = extent.path.startswith(f"{self.target}/{self.below}{self.prefix}-")
        content, least, number = extent.content, half(self.scale), 0
        start = end = extent.begin
        size, is_ended, last = out.bytes, False, len(extent.lengths) - 1
        for number, length in enumerate(extent.lengths):
            end += length
            size += length
            if size < least:
                continue
            is_known = is_ours and end >= least and not (extent.is_last and number == last)
            item = slice(end - length, end)
            is_ended = has_no_room(size) or (not is_known and ends(content[item], self.scale))
            if is_ended:
                break
        out.write(memoryview(content)[start:end])
        self.items.lengths.extend(extent.lengths[: number + 1])
        self.items.records.extend(extent.records[: number + 1])
        return number + 1, is_ended

    def _next_name(self) -> str:
        return f"{self.below}{self.prefix}-{len(self.shards):05}.jsonl"
