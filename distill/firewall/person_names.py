"""Names of persons in a run's texts, where a model of language says that one stands.

The model is asked about one piece of one text at a time, so that what it says follows from that
piece alone. What it says is held against the form of a name, since models that learned from news
take ``JSON`` and ``Check`` for persons:

- a full name has two to six words, of which the first and the last begin with a capital; in a
  script without capitals one word is enough;
- one word alone counts where it is a word of a full name of the same run;
- a full name is marked wherever else the run holds it, as it stands, in every encoding that is
  looked into.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, TypeAlias
from unicodedata import category

from distill.firewall.encodings import follows_escape
from distill.firewall.marking import Span
from distill.firewall.needles import Needles
from distill.records.joined_texts import JoinedTexts, PlacedText
from distill.records.run_texts import LABEL_ROLE

#: The name of the rule, beside those of `distill.firewall.personal_rules`.
RULE: Final = "person_name"

#: Where a model sees persons in a text: starts and ends, in characters.
FindNames: TypeAlias = Callable[[str], Iterable[tuple[int, int]]]

#: The longest piece that a model is asked about, in characters.
PIECE: Final = 2_000

_MOST_WORDS: Final = 6
_LONGEST: Final = 80
_QUOTES: Final = "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
_BESIDE: Final = f" .,'-\N{HYPHEN}\N{MIDDLE DOT}\N{NO-BREAK SPACE}{_QUOTES}"
_POSSESSIVE: Final = re.compile(f"['{_QUOTES}]s\\Z")
_LINE: Final = re.compile(r"[^\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SENTENCE_END: Final = re.compile(r"[.!?][\"')\]]?[ \t](?=[^a-z])")
_BEFORE_SMALL: Final = re.compile(r"[ \t](?=[a-z])")
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_CHARACTER: Final = 4  # bytes, at most (RFC 3629)

_Place: TypeAlias = tuple[int, int, int]  # the number of a text, start, end


@dataclass(frozen=True, slots=True)
class NamesOfRun:
    """The names that a run holds. `spans` are where the model saw them, in the joined bytes."""

    spans: tuple[Span, ...]
    needles: Needles | None
    exact: frozenset[bytes]

    def scan(self, raw: bytes) -> Iterator[Span]:
        """Yield every place where a full name of the run stands in some bytes, as whole words."""
        for _, start, end in self.needles.hits(raw) if self.needles else ():
            if raw[start:end] in self.exact and _stands_alone(raw, start, end):
                yield Span(start, end, RULE)


def names_of(joined: JoinedTexts, find: FindNames) -> NamesOfRun:
    """Return the names of persons in a run's texts; labels, members' names, numbers are not asked.

    It asks about every character once, and takes time linear in the texts beside what `find` takes.
    """
    seen = [place for number in range(len(joined.texts)) for place in _seen(joined, number, find)]
    names = [joined.texts[number].text[start:end] for number, start, end in seen]
    full = {name for name in names if _is_full(name)}
    words = {word for name in full for word in map(_bare, name.split()) if _may_stand_alone(word)}
    kept = [place for place, name in zip(seen, names, strict=True) if name in full or name in words]
    spread = sorted(name for name in full if " " in name)
    return NamesOfRun(
        spans=tuple(_spans(joined, kept)),
        needles=Needles(spread) if spread else None,
        exact=frozenset(name.encode() for name in spread),
    )


def pieces_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield a text in pieces of `PIECE` characters at most, each with its start.

    It is cut behind a line, else behind a sentence, else before a word in small letters, else
    between words: a name is cut only where a piece has none of these in its second half.

    Law: the pieces one after the other are the text.
    """
    start = 0
    while len(text) - start > PIECE:
        end = _cut(text, start + PIECE // 2, start + PIECE)
        yield start, text[start:end]
        start = end
    if start < len(text):
        yield start, text[start:]


def _cut(text: str, least: int, most: int) -> int:
    line = text.rfind("\n", least, most)
    if line >= 0:
        return line + 1
    for pattern in (_SENTENCE_END, _BEFORE_SMALL):
        ends = [found.end() for found in pattern.finditer(text, least, most)]
        if ends:
            return ends[-1]
    space = text.rfind(" ", least, most)
    return space + 1 if space >= 0 else most


def _seen(joined: JoinedTexts, number: int, find: FindNames) -> Iterator[_Place]:
    """Yield what the model takes for a name in one text, each line of it by itself."""
    placed = joined.texts[number]
    if not _is_asked(placed):
        return
    for start, piece in pieces_of(placed.text):
        if not _may_name(piece):
            continue
        for begin, end in find(_LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", piece)):
            for part in _parts(piece, begin, end):
                yield number, start + part[0], start + part[1]


def _is_asked(placed: PlacedText) -> bool:
    return not (placed.in_key or placed.is_number or placed.role == LABEL_ROLE)


def _may_name(piece: str) -> bool:
    """Say whether a piece has a capital, or a letter of a script that may have none."""
    return not piece.isascii() or piece != piece.lower()


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what is left of each line of a name without what stands beside it."""
    for found in _LINE.finditer(text, start, end):
        name = found[0].strip(_BESIDE)
        begin = found.start() + found[0].find(name)
        name = _POSSESSIVE.sub("", name)
        if name and len(name) <= _LONGEST and all(map(_is_of_name, name)):
            yield begin, begin + len(name)


def _is_of_name(character: str) -> bool:
    return character.isalpha() or character in _BESIDE or category(character).startswith("M")


def _is_full(name: str) -> bool:
    words = name.split()
    if len(words) == 1:
        return len(name) > 1 and name.lower() == name.upper()
    return len(words) <= _MOST_WORDS and _is_capital(words[0][0]) and _is_capital(words[-1][0])


def _bare(word: str) -> str:
    return word.strip(_BESIDE)


def _may_stand_alone(word: str) -> bool:
    return len(word) > 1 and _is_capital(word[0])


def _is_capital(character: str) -> bool:
    """Say whether a character is a letter, and no small one."""
    return character.isalpha() and not character.islower()


def _spans(joined: JoinedTexts, places: Sequence[_Place]) -> Iterator[Span]:
    """Yield places as bytes of the joined texts; those of one text stand together."""
    of_text: dict[int, list[tuple[int, int]]] = {}
    for number, start, end in places:
        of_text.setdefault(number, []).append((start, end))
    for number, found in of_text.items():
        at = _bytes_at(joined.texts[number].text, sorted({one for pair in found for one in pair}))
        begin = joined.starts[number]
        yield from (Span(begin + at[start], begin + at[end], RULE) for start, end in found)


def _bytes_at(text: str, places: Sequence[int]) -> dict[int, int]:
    """Return how many bytes stand before each of some sorted places in a text."""
    sizes = (
        len(text[start:end].encode("utf-8", "surrogatepass"))
        for start, end in pairwise((0, *places))
    )
    return dict(zip(places, accumulate(sizes), strict=True))


def _stands_alone(raw: bytes, start: int, end: int) -> bool:
    """Say whether no letter, digit or low line stands right before or behind a place."""
    before = raw[max(0, start - _CHARACTER) : start].decode(errors="ignore")[-1:]
    behind = raw[end : end + _CHARACTER].decode(errors="ignore")[:1]
    is_within = before.isalnum() or before == "_"
    return not ((is_within and not follows_escape(raw, start)) or behind.isalnum() or behind == "_")
