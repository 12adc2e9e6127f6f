"""Many keys in little memory: one after the other in one buffer, and found again by their hashes.

A list or a dictionary of digests takes some hundred bytes for each, these take the bytes of a key
and eight to sixteen to find it.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from struct import iter_unpack
from typing import Final, Self, SupportsIndex, overload

KEY_BYTES: Final = 32
_LEAST_ROOM: Final = 64


class Keys(Sequence[bytes]):
    """Keys of one width (bytes) in their order. A slice is a copy."""

    __slots__ = ("buffer", "width")

    def __init__(self, content: bytes | bytearray = b"", width: int = KEY_BYTES) -> None:
        self.buffer = bytearray(content)
        self.width = width
        if len(content) % width:
            message = f"{len(content)} bytes are no keys of {width}"
            raise ValueError(message)

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> Self:
        """Return digests (32 bytes) as keys; what holds them so already is returned itself."""
        return keys if isinstance(keys, cls) else cls(b"".join(keys))

    def __len__(self) -> int:
        return len(self.buffer) // self.width

    @overload
    def __getitem__(self, at: SupportsIndex) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> "Keys": ...
    def __getitem__(self, at: "SupportsIndex | slice") -> "bytes | Keys":
        width = self.width
        if isinstance(at, slice):
            begin, end, step = at.indices(len(self))
            if step != 1:
                message = "keys are taken one after the other"
                raise ValueError(message)
            return Keys(self.buffer[begin * width : end * width], width)
        number = at.__index__()
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(number)
        return bytes(self.buffer[number * width : (number + 1) * width])

    def __iter__(self) -> Iterator[bytes]:
        return (key for (key,) in iter_unpack(f"{self.width}s", self.content))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Keys):
            return self.width == other.width and self.buffer == other.buffer
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it may grow

    def append(self, key: bytes) -> None:
        """Take a key of this width."""
        self.buffer += key

    def extend(self, keys: "Keys", first: int = 0, behind: int | None = None) -> None:
        """Take other keys of this width, or some of them."""
        behind = len(keys) if behind is None else behind
        self.buffer += memoryview(keys.buffer)[first * self.width : behind * self.width]

    def common(self, at: int, other: "Keys", other_at: int, most: int) -> int:
        """Return how many keys from here on, of so many, are those of others from there on."""
        most = min(most, len(self) - at, len(other) - other_at)
        few, step = 0, 1
        while few < most:
            step = min(step, most - few)
            if not self._is_equal(at + few, other, other_at + few, step):
                break
            few, step = few + step, step * 2
        many = min(few + step - 1, most)
        while few < many:
            middle = (few + many + 1) // 2
            if self._is_equal(at + few, other, other_at + few, middle - few):
                few = middle
            else:
                many = middle - 1
        return max(few, 0)

    def _is_equal(self, at: int, other: "Keys", other_at: int, number: int) -> bool:
        begin, there, size = at * self.width, other_at * self.width, number * self.width
        return self.buffer[begin : begin + size] == other.buffer[there : there + size]

    @property
    def content(self) -> bytes:
        """All keys, one after the other."""
        return bytes(self.buffer)


class KeyIndex:
    """Finds the numbers of keys. Of equal ones it is the first.

    The numbers lie in an open table, at the place that Python's own hash of the key says, which
    differs from process to process: nobody can make keys that collide.
    """

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._fill()

    def find(self, key: bytes) -> int | None:
        """Return the number of a key, null where it is none of these."""
        number = self._table[self._place(key)]
        return number - 1 if number else None

    def number_of(self, key: bytes) -> int:
        """Return the number of a key.

        Raises:
            KeyError: it is none of these.
        """
        number = self.find(key)
        if number is None:
            raise KeyError(key)
        return number

    def add(self, key: bytes) -> bool:
        """Take a key with the next number; return whether it is a new one."""
        place = self._place(key)
        if self._table[place]:
            return False
        self.keys.append(key)
        self._table[place] = len(self.keys)
        if len(self.keys) * 2 > len(self._table):
            self._fill()
        return True

    def append(self, key: bytes) -> None:
        """Take a key with the next number, also one that is there."""
        if not self.add(key):
            self.keys.append(key)

    def _fill(self) -> None:
        room = max(_LEAST_ROOM, 1 << (2 * len(self.keys)).bit_length())
        table = self._table = array("I", bytes(4 * room))
        keys, width, last = self.keys.buffer, self.keys.width, room - 1
        for number, (key,) in enumerate(iter_unpack(f"{width}s", keys), 1):
            place = hash(key) & last
            while other := table[place]:  # as in `_place`, without a call for each key
                end = other * width
                if keys[end - width : end] == key:
                    break
                place = (place + 1) & last
            else:
                table[place] = number

    def _place(self, key: bytes) -> int:
        """Return where the number of a key lies, or would lie."""
        table, keys, width = self._table, self.keys.buffer, self.keys.width
        last = len(table) - 1
        place = hash(key) & last
        while number := table[place]:
            end = number * width
            if keys[end - width : end] == key:
                break
            place = (place + 1) & last
        return place
