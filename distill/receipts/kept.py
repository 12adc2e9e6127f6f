"""What a process keeps of what it read: values by keys that say all of them, in bounded memory."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """Values that take so much ``room`` together, in whatever unit their sizes are told."""

    def __init__(self, room: int) -> None:
        self._found: dict[Key, Value] = {}
        self._left = self._room = room

    def get(self, key: Key) -> Value | None:
        """Return a value, null where it is not kept."""
        return self._found.get(key)

    def items(self) -> Iterator[tuple[Key, Value]]:
        """Yield what is kept, by its key."""
        yield from self._found.items()

    def clear(self) -> None:
        """Forget all of it."""
        self._found.clear()
        self._left = self._room

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keep a value; where there is no room for it, what was kept is forgotten.

        One that is kept already is the same, and takes no more room.
        """
        if key in self._found:
            return
        if size > self._left:
            self.clear()
        self._found[key] = value
        self._left -= size
