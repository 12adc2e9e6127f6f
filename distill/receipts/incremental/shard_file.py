"""A shard while it is written: how its bytes are summed up, and behind which item it ends."""

from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from distill.receipts import durable
from distill.receipts.digest import Fingerprint
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.outlines import OutlinedSums
from distill.receipts.incremental.segments import is_end

#: Shards are about this many bytes long, and have at most `ROOM` bytes before their last item.
USUAL: Final = 1024 * 1024
ROOM: Final = 48 * 1024 * 1024
_PIECE: Final = 1024 * 1024
_WORTH_BEGINNING: Final = 4 * 1024 * 1024  # bytes of a file that is begun to be written at once
_LONG: Final = 64 * 1024  # bytes that are written by themselves: to join them costs a copy


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
            self.flush()
            if self.bytes >= _WORTH_BEGINNING:  # the disk works while the next shards are computed
                durable.begin_sync(self._file.fileno())
            self.sums = self._sums.result()
        finally:
            self.close()

    def close(self) -> None:
        """Give the file up where it will not be needed: there are no sums then."""
        self._file.close()

    def write(self, content: bytes | memoryview) -> None:
        """Append bytes."""
        self.bytes += len(content)
        if len(content) >= _LONG:
            self.flush()
            self._put(content)
            return
        self._size += len(content)
        self._waiting.append(content)
        if self._size >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Let what was appended be read from the file."""
        self._put(b"".join(self._waiting))
        self._waiting, self._size = [], 0

    def _put(self, piece: bytes | memoryview) -> None:
        self._sums.update(piece)
        left = memoryview(piece)
        while left:
            left = left[self._file.write(left) :]


def lines_in(content: bytes) -> int:
    """Return the number of newlines.

    Lines of some kilobytes are counted ten times as fast as by `bytes.count`, which looks at each
    byte by itself.
    """
    number = at = 0
    while at := content.find(b"\n", at) + 1:
        number += 1
    return number


def is_full(size: int, content: bytes, scale: int) -> bool:
    """Whether a shard ends behind an item, by the item's last line.

    ``size`` is what the shard has with the item; shards of an output are ``scale`` times as long as
    usual.
    """
    return has_no_room(size) or (size >= half(scale) and ends(content, scale))


def is_next(keys: Keys, at: int, there: Keys, shard: range, *, is_full: bool) -> bool:
    """Whether a shard that begins with this key would be another one, item for item.

    That one has the items of the numbers ``shard`` of those that are ``there``; ``is_full``: it
    ended because of what it holds, not because nothing followed.
    """
    is_whole = is_full or at + len(shard) == len(keys)
    return is_whole and keys.common(at, there, shard.start, len(shard)) == len(shard)


def has_no_room(size: int) -> bool:
    """Whether a shard ends behind any item."""
    return size >= ROOM


def half(scale: int) -> int:
    """Return from how many bytes on an item may end a shard."""
    return scale * USUAL // 2


def ends(content: bytes, scale: int) -> bool:
    """Whether an item ends a shard that is long enough to end."""
    usual = scale * USUAL
    start = content.rfind(b"\n", 0, -1) + 1
    return is_end(sha256(content[start:]).digest(), len(content), usual - usual // 2)
