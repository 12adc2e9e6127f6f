"""Many keys in little memory: one after the other in one buffer, and found again by their hashes.

A list or a dictionary of digests takes some hundred bytes for each, these take the bytes of a key
and eight to sixteen to find it.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, Self, SupportsIndex, overload

KEY_BYTES: Final = 32
_LEAST_ROOM: Final = 64


class Keys(Sequence[bytes]):
    """Keys of one width (bytes) in their order. A slice is a copy."""

    __slots__ = ("_content", "width")

    def __init__(self, content: bytes | bytearray = b"", width: int = KEY_BYTES) -> None:
        self._content = bytearray(content)
        self.width = width
        if len(content) % width:
            message = f"{len(content)} bytes are no keys of {width}"
            raise ValueError(message)

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> Self:
        """Return digests (32 bytes) as keys; what holds them so already is returned itself."""
        return keys if isinstance(keys, cls) else cls(b"".join(keys))

    def __len__(self) -> int:
        return len(self._content) // self.width

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
            return Keys(self._content[begin * width : end * width], width)
        number = at.__index__()
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(number)
        return bytes(self._content[number * width : (number + 1) * width])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Keys):
            return self.width == other.width and self._content == other._content
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it may grow

    def append(self, key: bytes) -> None:
        """Take a key of this width."""
        self._content += key

    def extend(self, keys: "Keys") -> None:
        """Take other keys of this width."""
        self._content += keys._content

    @property
    def content(self) -> bytes:
        """All keys, one after the other."""
        return bytes(self._content)


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

    def _fill(self) -> None:
        room = max(_LEAST_ROOM, 1 << (2 * len(self.keys)).bit_length())
        self._table = array("I", bytes(4 * room))
        for number, key in enumerate(self.keys, 1):
            place = self._place(key)
            if not self._table[place]:
                self._table[place] = number

    def _place(self, key: bytes) -> int:
        """Return where the number of a key lies, or would lie."""
        table, keys = self._table, self.keys
        last = len(table) - 1
        place = hash(key) & last
        while (number := table[place]) and keys[number - 1] != key:
            place = (place + 1) & last
        return place
