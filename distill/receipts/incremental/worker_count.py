"""How many workers a process may have: as many as it was told, or has cores, or is granted.

A process that is forked beside others is granted some by the one that it was forked from, and more
when fewer are left.
"""

import os
from typing import Final

from distill.errors import ConfigurationError

WORKERS: Final = "DISTILL_WORKERS"
_MOST: Final = 255  # what one byte holds


class Grant:
    """A number of workers in memory that this process has in common with those forked from it."""

    def __init__(self, number: int) -> None:
        import mmap  # noqa: PLC0415 - few calls are made side by side

        self._memory = mmap.mmap(-1, 1)
        self.number = number

    @property
    def number(self) -> int:
        """How many workers are granted by now, at most 255."""
        return self._memory[0]

    @number.setter
    def number(self, number: int) -> None:
        self._memory[0] = min(number, _MOST)


_granted: Grant | None = None  # to this process, by the one that it was forked from


def number_of_workers() -> int:
    """Return how many processes may work: ``DISTILL_WORKERS``, or the cores that we may use.

    In a process to which some were granted, it is as many as are so by now.

    Raises:
        ConfigurationError: the variable is no number from 1 on.
    """
    if _granted is not None:
        return _granted.number
    text = os.environ.get(WORKERS, "")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{WORKERS} is {text[:40]!r}", "give a number from 1 on")
    return int(text)


def work_by_grant(grant: Grant) -> None:
    """Let this process have as many workers as are granted to it, also while it works."""
    global _granted  # noqa: PLW0603 - a process has one number of workers
    _granted = grant


def works_by_grant() -> bool:
    """Whether the number of this process's workers is granted, and may grow."""
    return _granted is not None
