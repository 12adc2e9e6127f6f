"""Many short texts in little memory: one after the other in one buffer."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import SupportsIndex, overload


class Texts(Sequence[bytes]):
    """Texts as bytes, in their order; ``lengths`` cut ``content`` into them.

    Raises:
        ValueError: the lengths are not those of the content.
    """

    __slots__ = ("_content", "_ends", "lengths")

    def __init__(self, content: bytes = b"", lengths: Iterable[int] = ()) -> None:
        self._content = bytearray(content)
        self.lengths = array("Q", lengths)
        self._ends: array[int] | None = None
        if sum(self.lengths) != len(content):
            message = f"{len(content)} bytes of {len(self.lengths)} texts"
            raise ValueError(message)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, at: SupportsIndex) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: "SupportsIndex | slice") -> "bytes | Sequence[bytes]":
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at.__index__()
        if not 0 <= number < len(self):
            raise IndexError(number)
        begin, end = self._bounds(number, number + 1)
        return bytes(self._content[begin:end])

    def append(self, text: bytes) -> None:
        """Take a text."""
        self._content += text
        self.lengths.append(len(text))
        self._ends = None

    def extend(self, texts: "Texts", first: int, behind: int) -> None:
        """Take some of other texts, which are not looked at one by one."""
        begin, end = texts._bounds(first, behind)
        self._content += memoryview(texts._content)[begin:end]
        self.lengths.extend(texts.lengths[first:behind])
        self._ends = None

    def place_of(self, text: bytes, first: int = 0) -> int:
        """Return how many texts stand before this one, where they are sorted from ``first`` on."""
        content, ends, behind = self._content, self._all_ends(), len(self)
        step = 1  # what is sought mostly stands near: further and further on, then between
        while first + step < behind and content[ends[first + step] : ends[first + step + 1]] < text:
            first, step = first + step + 1, step * 2
        behind = min(first + step, behind)
        while first < behind:
            middle = (first + behind) // 2
            if content[ends[middle] : ends[middle + 1]] < text:
                first = middle + 1
            else:
                behind = middle
        return first

    @property
    def content(self) -> bytes:
        """All texts, one after the other."""
        return bytes(self._content)

    def _bounds(self, first: int, behind: int) -> tuple[int, int]:
        ends = self._all_ends()
        return ends[first], ends[behind]

    def _all_ends(self) -> "array[int]":
        if self._ends is None:
            self._ends = array("Q", accumulate(self.lengths, initial=0))
        return self._ends
