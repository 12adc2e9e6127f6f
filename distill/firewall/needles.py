"""Where a text may hold something: one pass for all needles, before any pattern is tried.

A text is looked at as bytes in which capitals are small and every digit is ``0``. So a needle is
found whatever its case, and ``000-000-0000`` is one needle for a billion telephone numbers. The
pass is an Aho-Corasick automaton: linear in the text, however many needles there are.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, TypeAlias

#: A number, and the bytes where something stands (half-open).
Hit: TypeAlias = tuple[int, int, int]

_BLOCK: Final = 1 << 17
_WORD: Final = re.compile(r"\w*")
#: What a pattern takes for letters of ASCII if case does not count.
AS_ASCII: Final = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}
_FOLDING: Final = bytes(
    ord("0") if 48 <= byte <= 57 else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256)
)


def folded(raw: bytes) -> bytes:
    """Return bytes with small letters for capitals and ``0`` for each digit; as many as before."""
    return raw.translate(_FOLDING)


class Needles:
    """Short texts that are looked for together. Each is folded itself, and stands here once."""

    def __init__(self, needles: Iterable[str]) -> None:
        self.needles = tuple(dict.fromkeys(folded(needle.encode()) for needle in needles))
        self._overlap = max(map(len, self.needles)) - 1

    @cached_property
    def _automaton(self) -> Any:
        # Imported here: a run with nothing to do needs no automaton.
        from ahocorasick_rs import BytesAhoCorasick, Implementation  # noqa: PLC0415

        return BytesAhoCorasick(self.needles, implementation=Implementation.DFA)

    def hits(self, raw: bytes) -> Iterator[Hit]:
        """Yield number, start and end of every needle in some bytes, those within others too.

        They come in the order of their ends, and are looked up by blocks: a hostile text has a hit
        at every byte.
        """
        overlap = self._overlap
        for begin in range(0, len(raw), _BLOCK):
            first = max(0, begin - overlap)
            block = folded(raw[first : begin + _BLOCK])
            found: list[Hit] = self._automaton.find_matches_as_indexes(block, overlapping=True)
            for number, start, end in found:
                if end + first > begin:
                    yield number, start + first, end + first

    def windows(self, text: str, around: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a text around its needles, in order, none overlapping another.

        Each reaches from ``around`` characters before a needle to as many behind the word that the
        needle ends in. Needles are of ASCII, and a character that a pattern takes for one of ASCII
        if case does not count is taken for that here too.
        """
        begin = end = word = 0
        for _, start, stop in self.hits(_a_byte_each(text)):
            if stop > word:
                word = _WORD.match(text, stop).end()  # type: ignore[union-attr]
            if start - around > end:
                if end:
                    yield begin, end
                begin = max(0, start - around)
            end = max(stop, word) + around
        if end:
            yield begin, end


def _a_byte_each(text: str) -> bytes:
    """Return a byte for each character, so that places are characters."""
    if not text.isascii():
        # Four searches: a table would look each character up.
        for foreign, letter in AS_ASCII.items():
            text = text.replace(foreign, letter)
    return text.encode("ascii", "replace")


class RuleNeedles:
    """The needles of rules, which stand in an order; two rules may share one."""

    def __init__(self, rules: Iterable[Iterable[str]]) -> None:
        owners: dict[bytes, list[int]] = {}
        for number, group in enumerate(rules):
            for needle in group:
                owners.setdefault(folded(needle.encode()), []).append(number)
        self._needles = Needles(needle.decode() for needle in owners)
        self._owners = list(owners.values())

    def hits(self, raw: bytes) -> Iterator[Hit]:
        """Yield number of the rule, start and end of every needle, in the order of the ends."""
        for number, start, end in self._needles.hits(raw):
            for rule in self._owners[number]:
                yield rule, start, end
