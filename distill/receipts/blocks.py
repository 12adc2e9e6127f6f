"""A file's bytes in blocks, read into the same memory again and again, and never mapped.

A log that is cut short while it is mapped kills the process (BLAKE3#488). Several threads overlap:
while the caller hashes one block, the next is read.
"""

import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue import SimpleQueue

BLOCK = 1 << 20
_LEAST = 1 << 12
_AHEAD = 2  # buffers: one is hashed while the other is read into


def read_blocks(
    descriptor: int, threads: int = 1, *, expected: int = BLOCK
) -> Iterator[memoryview]:
    """Yield a file's bytes in blocks of at most 1 MiB, each good until the next is asked for.

    ``expected`` is the file's size as far as it is known: to clear a whole block of memory costs
    more than to read a small file. All bytes are yielded, however many there are.
    """
    if threads == 1:
        yield from _one_by_one(descriptor, min(BLOCK, max(expected, _LEAST)))
    else:
        yield from _ahead(descriptor)


def _one_by_one(descriptor: int, block: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(block))
    while size := os.readv(descriptor, [buffer]):
        yield buffer[:size]


def _ahead(descriptor: int) -> Iterator[memoryview]:
    from queue import SimpleQueue  # noqa: PLC0415 - what small files, and most skips, need not

    free: SimpleQueue[memoryview | None] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | BaseException] = SimpleQueue()

    def read() -> None:
        while (buffer := free.get()) is not None:
            try:
                size = os.readv(descriptor, [buffer])
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                full.put(error)
                return
            full.put((buffer, size))
            if not size:
                return

    reader = threading.Thread(target=read)
    for _ in range(_AHEAD):
        free.put(memoryview(bytearray(BLOCK)))
    reader.start()
    try:
        yield from _taken(full, free)
    finally:
        free.put(None)
        reader.join()


def _taken(
    full: "SimpleQueue[tuple[memoryview, int] | BaseException]",
    free: "SimpleQueue[memoryview | None]",
) -> Iterator[memoryview]:
    """Yield what a reader filled, and give each buffer back to it."""
    while True:
        found = full.get()
        if isinstance(found, BaseException):
            raise found
        buffer, size = found
        if not size:
            return
        yield buffer[:size]
        free.put(buffer)
