"""Many parts in little memory: each is made when it is asked for.

As an object, with its key, its segment and what reads it again, a part takes some 700 bytes, and
there is one for each eight runs of 6 KB.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.passes import Part
from distill.receipts.incremental.segments import Segment, Segments
from distill.receipts.inputs import WatchedInput

Job = TypeVar("Job")


class SegmentParts(Generic[Job]):
    """The parts of files in their order, of which each is a segment; ``make`` makes one."""

    def __init__(
        self,
        files: Iterable[tuple[WatchedInput, Segments]],
        make: Callable[[WatchedInput, Segment], Part[Job]],
    ) -> None:
        self._files, self._make = list(files), make
        self._begins = list(accumulate((len(found) for _, found in self._files), initial=0))

    def __len__(self) -> int:
        return self._begins[-1]

    def __getitem__(self, number: int) -> Part[Job]:
        at = bisect_right(self._begins, number) - 1
        one, found = self._files[at]
        return self._make(one, found[number - self._begins[at]])

    def __iter__(self) -> Iterator[Part[Job]]:
        return (self._make(one, segment) for one, found in self._files for segment in found)


class ReadParts(Generic[Job]):
    """Parts that were read one after the other, without their jobs."""

    def __init__(self) -> None:
        self._keys, self._sizes = Keys(), array("Q")
        self._again: list[Callable[[], Job]] = []

    def append(self, part: Part[Job]) -> None:
        """Take the next part."""
        self._keys.append(part.key)
        self._sizes.append(part.size)
        self._again.append(part.again)

    def __len__(self) -> int:
        return len(self._again)

    def __getitem__(self, number: int) -> Part[Job]:
        return Part(self._keys[number], self._sizes[number], None, self._again[number])

    def __iter__(self) -> Iterator[Part[Job]]:
        return map(self.__getitem__, range(len(self)))
