"""Texts that were said at places of a record, and all of them as one for a single pass."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, Self


class PlacedText(NamedTuple):
    """One text: its place, who said it (a message's role, ``tools`` or ``text``), its characters.

    `in_key` where it is a member's name; `is_number` where it is a number's JSON text, which no
    part can be replaced of.
    """

    at: str
    role: str
    text: str
    in_key: bool = False
    is_number: bool = False


class JoinedTexts:
    """The UTF-8 bytes of many texts with a NUL between them, for one pass over all of a run.

    A lone surrogate, as a log may hold, is three bytes. A text may hold a NUL of its own. Where the
    texts stand is asked only if something is found in them: most runs hold nothing.
    """

    def __init__(self, strings: Sequence[str], places: Callable[[], Sequence[PlacedText]]) -> None:
        self.raw = "\0".join(strings).encode("utf-8", "surrogatepass")
        self._places = places

    @classmethod
    def of(cls, texts: tuple[PlacedText, ...]) -> Self:
        """Join texts."""
        return cls([placed.text for placed in texts], lambda: texts)

    @cached_property
    def texts(self) -> Sequence[PlacedText]:
        """The texts with their places."""
        return self._places()

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The byte at which each text begins."""
        sizes = (len(one.text.encode("utf-8", "surrogatepass")) + 1 for one in self.texts)
        return tuple(accumulate(sizes, initial=0))[:-1]

    def at(self, place: int) -> int:
        """Return the number of the text that a byte belongs to."""
        return bisect_right(self.starts, place) - 1
