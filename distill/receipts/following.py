"""Summing up files while a stage still writes them, in a process beside it.

A receipt needs a hash for every line of an output, which can take half as long as the stage takes
to make it. Where a core is free, a process of its own follows the files as they grow.

Law: what it found is believed only of a file that, when the stage has ended, has the BLAKE3 of the
bytes that went by. A stage may go back and write over what it wrote.
"""

import os
import select
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from distill.receipts.digest import RECORD_SUFFIX, FileSums, Fingerprint, watch_file
from distill.receipts.processes.forked import forked
from distill.receipts.rereading import LARGE

#: A stage that reads less than this is over before it would pay.
WORTH: Final = 8 * 1024 * 1024
_PERIOD: Final = 0.02  # seconds between two looks at the files
_BLOCK: Final = 1 << 20
_PLAINLY: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW

Files = Callable[[], Sequence[tuple[Path, str]]]
"""Returns the files that are there by now, each with the name that it will have."""


@dataclass
class Followed:
    """What went by of each file, once the stage has ended."""

    found: Mapping[Path, Fingerprint] = field(default_factory=dict)

    def sums(self, place: Path) -> Fingerprint | None:
        """Return the sums of a file, null where its bytes are not those that went by.

        Raises:
            SourceError: the file can't be read.
        """
        found = self.found.get(place)
        if found is None:
            return None
        threads = len(os.sched_getaffinity(0)) if found.bytes >= LARGE else 1
        digest, identity = watch_file(place, threads=threads)
        return found if (digest, identity.size) == (found.blake3, found.bytes) else None


@contextmanager
def following(files: Files) -> Iterator[Followed]:
    """Follow files while what is inside writes them; what went by is known behind it."""
    followed = Followed()
    stop, stopped = os.pipe()
    with forked(partial(_follow, files, stop, stopped)) as process:
        os.close(stop)
        try:
            yield followed
        finally:
            with suppress(BrokenPipeError):
                os.write(stopped, b".")  # closing alone is not enough: the stage may have forked
            os.close(stopped)
            found = process.answer()
    if found is not None:  # it was not killed
        followed.found = found


def _follow(files: Files, stop: int, stopped: int) -> dict[Path, Fingerprint]:
    """Follow files until the process that started this one says so, or is gone."""
    os.close(stopped)
    seen: dict[Path, _Growing] = {}
    is_over = False
    while not is_over:
        is_over = bool(select.select([stop], [], [], _PERIOD)[0])
        for place, name in files():
            if place not in seen:
                seen[place] = _Growing(place, name)
            seen[place].read()
    return {place: one.sums.result() for place, one in seen.items() if one.is_whole}


class _Growing:
    """A file that somebody else writes, as far as it was read."""

    def __init__(self, place: Path, name: str) -> None:
        self.sums = FileSums(name)
        self.is_whole = name.endswith(RECORD_SUFFIX)  # the digests alone are quickly made
        self._place = place

    def read(self) -> None:
        """Take what was added since the last look."""
        if not self.is_whole:
            return
        try:
            descriptor = os.open(self._place, _PLAINLY)
        except OSError:
            self.is_whole = False
            return
        try:
            status = os.fstat(descriptor)
            self.is_whole = stat.S_ISREG(status.st_mode) and status.st_size >= self.sums.bytes
            while self.is_whole and self.sums.bytes < status.st_size:
                self.sums.update(os.pread(descriptor, _BLOCK, self.sums.bytes))
        except OSError:
            self.is_whole = False
        finally:
            os.close(descriptor)
