"""A file's bytes in blocks, read into the same memory again and again, and never mapped.

A log that is cut short while it is mapped kills the process (BLAKE3#488). Several threads overlap:
while the caller hashes one block, the next is read.
"""

import os
from collections.abc import Iterator

BLOCK = 1 << 20


def read_blocks(descriptor: int, threads: int = 1) -> Iterator[memoryview]:
    """Yield a file's bytes in blocks of at most 1 MiB, each good until the next is asked for."""
    yield from _one_by_one(descriptor) if threads == 1 else _ahead(descriptor)


def _one_by_one(descriptor: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(BLOCK))
    while size := os.readv(descriptor, [buffer]):
        yield buffer[:size]


def _ahead(descriptor: int) -> Iterator[memoryview]:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - few files are that large

    now, then = memoryview(bytearray(BLOCK)), memoryview(bytearray(BLOCK))
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(os.readv, descriptor, [now])
        while size := reading.result():
            reading = reader.submit(os.readv, descriptor, [then])
            yield now[:size]
            now, then = then, now
