"""The structural bytes of a JSON document, found in a stream of blocks without a parse tree.

The scanner keeps three facts from block to block: how many containers are open, whether a string
is, and whether its next byte is escaped. So any split of the bytes gives the same marks, ten
thousand levels cost an integer, and nothing recurses. It does not validate: what stands between two
marks is for the parser of the record.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_STRING_BODY: Final = rb'(?:[^"\\]++|\\.)*+'
_TO_BRACKET: Final = re.compile(
    rb'[^"\[\]{}]*+(?:"' + _STRING_BODY + rb'"[^"\[\]{}]*+)*+', re.DOTALL
)
_TO_MARK: Final = re.compile(
    rb'[^"\[\]{},:]*+(?:"' + _STRING_BODY + rb'"[^"\[\]{},:]*+)*+', re.DOTALL
)
_IN_STRING: Final = re.compile(_STRING_BODY, re.DOTALL)
_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
OPENING: Final = b"[{"
CLOSING: Final = b"]}"


class Mark(NamedTuple):
    """A structural byte: its position in the block, and how many containers it stands in.

    An opening or closing bracket stands in the container around it, not in its own.
    """

    position: int
    byte: int
    level: int


class Scanner:
    """Yields the marks that stand in at most `deepest` containers; skips deeper ones fast."""

    def __init__(self, deepest: int) -> None:
        self.depth = 0
        self._deepest = deepest
        self._in_string = False
        self._escaped = False

    @property
    def is_between_values(self) -> bool:
        """True where no container and no string is open."""
        return self.depth == 0 and not self._in_string

    def marks(self, block: bytes) -> Iterator[Mark]:
        """Yield the marks of the next block; it must be exhausted before the block after it."""
        position = self._go_on_in_string(block, 0) if self._in_string else 0
        while position < len(block):
            pattern = _TO_BRACKET if self.depth > self._deepest else _TO_MARK
            found = pattern.match(block, position)
            position = found.end() if found else len(block)
            if position == len(block):
                return
            byte = block[position]
            if byte == _QUOTE:
                position = self._go_on_in_string(block, position + 1)
                continue
            level = self.depth
            if byte in OPENING:
                self.depth += 1
            elif byte in CLOSING:
                self.depth -= 1
                level = self.depth
            if level <= self._deepest:
                yield Mark(position, byte, level)
            position += 1

    def _go_on_in_string(self, block: bytes, position: int) -> int:
        """Return the position after the string's end, or the block's end where it goes on."""
        if self._escaped and position < len(block):
            self._escaped = False
            position += 1
        found = _IN_STRING.match(block, position)
        position = found.end() if found else position
        self._in_string = position >= len(block) or block[position] == _BACKSLASH
        if not self._in_string:
            return position + 1
        self._escaped = self._escaped or position < len(block)
        return len(block)


def is_balanced(text: bytes) -> bool:
    """Say whether every container and string that opens in a text also closes in it."""
    scanner = Scanner(deepest=-1)
    for _ in scanner.marks(text):
        pass
    return scanner.is_between_values
