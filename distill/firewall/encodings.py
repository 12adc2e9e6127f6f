"""Texts within texts: percent-encoding and one layer of base64, with the way back to the place.

What is escaped as JSON within a string needs none of this: what the rules look for holds no quote
and no control character, and their patterns know how JSON escapes a slash, an at and a new line.
"""

import re
from base64 import b64decode
from binascii import Error
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeAlias

#: Start, end and the decoded text of a piece of base64.
Base64: TypeAlias = tuple[int, int, bytes]

_ESCAPE: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
_JSON_ESCAPE: Final = re.compile(rb"\\(?:[nrtbf]|u[0-9a-fA-F]{4})\Z")
_LONGEST_ESCAPE: Final = 6
_HEX_DIGITS: Final = re.compile(rb"[0-9a-fA-F]{4}")
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_IN_ALPHABET: Final = bytes(ord("a") if byte in _ALPHABET else ord(" ") for byte in range(256))
_ONE_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
_PRINTABLE: Final = bytes(range(32, 127)) + b"\t\n\r"
_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_GROUP: Final = 4

#: Of a digit's six bits, those that belong to the upper bits of a byte (RFC 4648, section 4).
_VALUES: Final = dict(zip(_ALPHABET, [*range(64), 62, 63], strict=True))
_FIRST: Final = frozenset(d for d, v in _VALUES.items() if v in {b >> 2 for b in _PRINTABLE})
_SECOND: Final = frozenset(d for d, v in _VALUES.items() if v & 15 in {b >> 4 for b in _PRINTABLE})
_THIRD: Final = frozenset(d for d, v in _VALUES.items() if v & 3 in {b >> 6 for b in _PRINTABLE})

#: Characters, padding counted: shorter pieces of base64 hold no key and hardly an address.
MIN_BASE64: Final = 24
_MOST_PADDING: Final = 2


@dataclass(frozen=True, slots=True)
class PercentDecoded:
    """Bytes whose percent escapes are decoded. `ends` are the ends of the decoded ones, sorted."""

    raw: bytes
    ends: tuple[int, ...]

    def source(self, at: int) -> int:
        """Return where in the encoded bytes a place in the decoded ones lies."""
        return at + 2 * bisect_right(self.ends, at)


def percent_decoded(raw: bytes) -> PercentDecoded | None:
    """Return bytes with every ``%XX`` decoded (RFC 3986, section 2.1); null where there is none."""
    starts = [found.start() for found in _ESCAPE.finditer(raw)] if b"%" in raw else []
    if not starts:
        return None
    decoded = _ESCAPE.sub(lambda found: bytes([int(found[0][1:], 16)]), raw)
    ends = tuple(start - 2 * number + 1 for number, start in enumerate(starts))
    return PercentDecoded(decoded, ends)


def follows_escape(raw: bytes, start: int) -> bool:
    """Say whether JSON's escape of a character ends right before a place.

    Its last byte looks like a letter or digit that belongs to what begins there.
    """
    return bool(_JSON_ESCAPE.search(raw, max(0, start - _LONGEST_ESCAPE), start))


def past_escape(raw: bytes, at: int) -> int:
    r"""Return where the digits of a ``\uXXXX`` end that a place lies among, else the place."""
    for begin in range(max(2, at - 3), at + 1):
        if raw[begin - 2 : begin] == b"\\u" and _HEX_DIGITS.match(raw, begin):
            return begin + 4
    return at


def base64_texts(raw: bytes) -> tuple[Base64, ...]:
    """Return start, end and the decoded text of each piece of base64 that is printable ASCII.

    A piece (RFC 4648, sections 4 and 5) has `MIN_BASE64` characters of either alphabet or more, its
    padding counted, and none beside it. Its end is that of the alphabet's.
    """
    return tuple(_base64_texts(raw))


def _base64_texts(raw: bytes) -> Iterator[Base64]:
    runs = raw.translate(_IN_ALPHABET)
    least = b"a" * (MIN_BASE64 - _MOST_PADDING)
    start = runs.find(least)
    while start >= 0:
        end = runs.find(b" ", start)
        end = len(raw) if end < 0 else end
        if _may_be_text(raw, start) and _is_long(raw, start, end):
            text = _printable(raw[start:end])
            if text:
                yield start, end, text
        start = runs.find(least, end)


def _is_long(raw: bytes, start: int, end: int) -> bool:
    """Say whether a piece has characters enough, its padding counted."""
    padding = raw[end : end + _MOST_PADDING]
    return end - start + len(padding) - len(padding.lstrip(b"=")) >= MIN_BASE64


def _may_be_text(raw: bytes, start: int) -> bool:
    """Say whether the first digits of some base64 can be those of printable ASCII."""
    one, two, three = raw[start : start + 3]
    return one in _FIRST and two in _SECOND and three in _THIRD


def _printable(code: bytes) -> bytes:
    """Return what base64 without padding stands for; nothing where that is no printable ASCII."""
    try:
        text = b64decode(code.translate(_ONE_ALPHABET) + b"=" * (-len(code) % _GROUP))
    except Error:
        return b""
    return b"" if text.translate(None, _PRINTABLE) else text


def char_offsets(raw: bytes, start: int, places: Sequence[int]) -> list[int]:
    """Return sorted places in UTF-8 bytes as characters of the text that begins at ``start``."""
    pieces = zip([start, *places], places, strict=False)
    return list(accumulate(_chars(raw[begin:end]) for begin, end in pieces))


def _chars(raw: bytes) -> int:
    """Count the bytes that begin a character (RFC 3629, section 3)."""
    return len(raw) if raw.isascii() else len(raw.translate(None, _CONTINUATION))
