"""Messages through a pipe: pickled objects, with few copies of what is long in them.

A message is the number of its bytes (8, the lowest first), then these. Long values are written from
where they lie, and all is read into the same memory again and again: that the system gives a page
costs more than to copy it.
"""

import os
import pickle
from typing import Final

_SIZE_BYTES: Final = 8
_KEPT: Final = 1024 * 1024  # bytes of memory that stay for the next message
_AT_ONCE: Final = 512  # pieces that one call of the system is given; Linux takes 1,024


class Message:
    """An object as it is sent: pieces of ``size`` bytes together; it holds its long values."""

    __slots__ = ("_pieces", "size")

    def __init__(self, value: object) -> None:
        self._pieces: list[bytes] = []
        # What is pickled to a file has bytes from 64 KiB on as pieces by themselves, not copied.
        pickle.Pickler(self, pickle.HIGHEST_PROTOCOL).dump(value)
        self.size = sum(map(len, self._pieces))

    def write(self, piece: bytes) -> None:
        """Take a piece from the pickler."""
        self._pieces.append(piece)

    def send(self, descriptor: int) -> None:
        """Write it into a pipe.

        Raises:
            OSError: nobody reads.
        """
        _write(descriptor, [self.size.to_bytes(_SIZE_BYTES, "little"), *self._pieces])


def send_end(descriptor: int) -> None:
    """Say that no message comes any more.

    Raises:
        OSError: nobody reads.
    """
    _write(descriptor, [bytes(_SIZE_BYTES)])


class Inbox:
    """Reads messages from a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = memoryview(bytearray(_SIZE_BYTES))
        self._memory = memoryview(b"")

    def receive(self) -> memoryview:
        """Return the next message, pickled, good until the next is asked for; empty is the end.

        Raises:
            EOFError: the pipe ended before a message did.
            OSError: it can't be read.
        """
        self._fill(self._size)
        size = int.from_bytes(self._size, "little")
        if size > len(self._memory):
            memory = memoryview(bytearray(size))
            if size > _KEPT:
                self._fill(memory)
                return memory
            self._memory = memory
        self._fill(self._memory[:size])
        return self._memory[:size]

    def _fill(self, memory: memoryview) -> None:
        while memory:
            read = os.readv(self._descriptor, [memory])
            if not read:
                raise EOFError
            memory = memory[read:]


def _write(descriptor: int, pieces: list[bytes]) -> None:
    waiting = [memoryview(piece) for piece in pieces]
    while waiting:
        written = os.writev(descriptor, waiting[:_AT_ONCE])
        while waiting and written >= len(waiting[0]):
            written -= len(waiting.pop(0))
        if written:
            waiting[0] = waiting[0][written:]
