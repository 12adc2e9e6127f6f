"""How many workers a process may have, as the process that it was forked from says meanwhile."""

import mmap
from typing import Final

_MOST: Final = 255  # what one byte holds


class Grant:
    """A number of workers in memory that this process has in common with those forked from it."""

    def __init__(self, number: int) -> None:
        self._memory = mmap.mmap(-1, 1)
        self.number = number

    @property
    def number(self) -> int:
        """How many workers are granted by now, at most 255."""
        return self._memory[0]

    @number.setter
    def number(self, number: int) -> None:
        self._memory[0] = min(number, _MOST)
