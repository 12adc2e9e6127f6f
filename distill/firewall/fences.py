"""Fenced code of a Markdown text (CommonMark 0.31, section 4.5), in time linear in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fenced:
    """A block of code: its language ("" where none is named), its characters, whether it ends."""

    language: str
    start: int
    end: int
    is_closed: bool


def fenced_blocks(text: str) -> Iterator[Fenced]:
    """Yield the fenced blocks of a text; one that is never closed reaches to the end."""
    if "```" not in text and "~~~" not in text:
        return
    opening: re.Match[str] | None = None
    for found in _FENCE.finditer(text):
        if opening is None:
            if not (found["fence"][0] == "`" and "`" in found["info"]):
                opening = found
        elif _closes(found, opening):
            yield _block(opening, found.start(), is_closed=True)
            opening = None
    if opening is not None:
        yield _block(opening, len(text), is_closed=False)


def _closes(found: re.Match[str], opening: re.Match[str]) -> bool:
    fence, first = found["fence"], opening["fence"]
    return fence[0] == first[0] and len(fence) >= len(first) and not found["info"].strip()


def _block(opening: re.Match[str], end: int, *, is_closed: bool) -> Fenced:
    language = opening["info"].strip().split(" ")[0].lower()
    return Fenced(language, min(opening.end() + 1, end), end, is_closed)
