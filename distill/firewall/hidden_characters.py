"""Characters that a person does not see and a model reads.

Sound uses are told apart: tags within a flag's emoji (Unicode TS 51, annex C), joiners within emoji
and in scripts that need them, single marks for word breaks, isolates that are closed again (as
message formatters put around names), and any direction mark where right-to-left text stands.
"""

import re
from collections.abc import Iterator
from typing import Final

from distill.records.evidence import Mark
from distill.records.joined_texts import PlacedText

#: So many characters of no width in a row hold a message; fewer break words.
_LEAST_ZERO_WIDTH: Final = 8

_SUSPECT: Final = re.compile(
    "[\u200b-\u200d\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
_ASCII: Final = bytes(range(128))
_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
_TAGS: Final = re.compile("[\U000e0001\U000e0020-\U000e007f]+")
_ZERO_WIDTH: Final = re.compile(f"[\u200b-\u200d\u2060\ufeff]{{{_LEAST_ZERO_WIDTH},}}")
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
_OVERRIDE: Final = re.compile("[\u202d\u202e]")
_OPENS: Final = "\u202a\u202b\u2066\u2067\u2068"
_CLOSES: Final = "\u202c\u2069"


def may_hide(raw: bytes) -> bool:
    """Say whether some UTF-8 may hide something: what holds no such character is read once."""
    foreign = b"" if raw.isascii() else raw.translate(None, _ASCII)
    return bool(foreign and _SUSPECT.search(foreign.decode("utf-8", "surrogatepass")))


def hidden_characters(text: PlacedText) -> Iterator[Mark]:
    """Yield a mark for each stretch of hidden characters in a text."""
    if text.text.isascii() or not _SUSPECT.search(text.text):
        return
    flags = {found.start() + 1: found.end() for found in _FLAG.finditer(text.text)}
    for found in _TAGS.finditer(text.text):
        if flags.get(found.start()) != found.end():
            yield _mark("unicode_tags", text, found.start(), found.end())
    for found in _ZERO_WIDTH.finditer(text.text):
        yield _mark("zero_width", text, found.start(), found.end())
    if not _RIGHT_TO_LEFT.search(text.text):
        for found in _OVERRIDE.finditer(text.text):
            yield _mark("bidi_override", text, found.start(), found.end())
        yield from _open_ends(text)


def _open_ends(text: PlacedText) -> Iterator[Mark]:
    """Yield the embeddings and isolates that the end of a line leaves open."""
    opened: list[int] = []
    for found in re.finditer(f"[\n{_OPENS}{_CLOSES}]|$", text.text):
        if found[0] and found[0] in _OPENS:
            opened.append(found.start())
        elif found[0] and found[0] in _CLOSES:
            opened = opened[:-1]
        else:
            yield from (_mark("bidi_open", text, at, at + 1) for at in opened)
            opened = []


def _mark(rule: str, text: PlacedText, start: int, end: int) -> Mark:
    return Mark(rule=rule, at=text.at, start=start, end=end, in_key=text.in_key)
