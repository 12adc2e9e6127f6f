r"""The words of a text, as numbers: what n-grams and MinHash are made of.

A word is a run of letters, digits and underscores, in lower case; everything else parts words. What
is not ASCII is brought to NFKC and case-folded first, without accents and invisible characters, and
each character of a script that puts no spaces between words is a word. A line break or tab that
JSON or a program's text has escaped, at any depth, parts words as the character itself does, and
``\uXXXX`` is its character.

The hashes are integer arithmetic of our own, modulo 2^64: they stand in evidence, so no version of
a library may change them. They are not cryptographic.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

_CHUNK: Final = 1 << 16
#: Characters; four bytes each at most, and a space between the characters of some scripts.
_SHORT: Final = _CHUNK // 8
_WORD_BASE: Final = 0x9E3779B97F4A7C15
_GRAM_BASE: Final = 0xD6E8FEB86659FD93
_MASK: Final = (1 << 64) - 1
_SPACE: Final = 32

_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
#: Invisible characters, and the marks that NFKD parts from their letters.
_DROPPED: Final = re.compile(
    "[\u0300-\u036f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)
_NO_WORD: Final = re.compile(r"\W+")
#: Thai and Lao, Burmese, Khmer, kana, Han.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def _is_word(byte: int) -> bool:
    return chr(byte).isalnum() if byte < 128 else True


_BYTES: Final = bytes(
    ord(chr(byte).lower() if byte < 128 else chr(byte))
    if _is_word(byte) or byte == ord("_")
    else _SPACE
    for byte in range(256)
)


def words_of(text: str) -> list[bytes]:
    """Return the words of a text in UTF-8."""
    return [word for chunk in chunks(text) for word in chunk.split()]


def chunks(text: str) -> Iterator[bytes]:
    """Yield the words of a text in pieces, parted by spaces; one beyond 64 KiB is cut."""
    for piece in _pieces(text):
        data = _normalised(piece)
        start = 0
        while len(data) - start > _CHUNK:
            end = data.rfind(b" ", start, start + _CHUNK)
            end = start + _CHUNK if end <= start else end
            yield data[start:end]
            start = end
        yield data[start:]


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text, before a space where there is one."""
    start = 0
    while len(text) - start > _CHUNK:
        limit = start + _CHUNK
        end = max(text.rfind(" ", start, limit), text.rfind("\n", start, limit))
        end = limit if end <= start else end
        yield text[start:end]
        start = end
    yield text[start:]


def _normalised(text: str) -> bytes:
    if "\\" in text:
        text = text.replace("\\n", " ").replace("\\r", " ").replace("\\t", " ")
        if "\\u" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if not text.isascii():
        text = _FOREIGN.sub(_without_forms, text)
    return text.encode("utf-8", "surrogatepass").translate(_BYTES)


def _without_forms(found: re.Match[str]) -> str:
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", found[0]))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return _UNSPACED.sub(r" \g<0> ", _NO_WORD.sub(" ", folded))


def word_hashes(text: str) -> Hashes:
    """Return a hash for each word of a text, in order."""
    found = [_of_chunk(chunk) for chunk in chunks(text)]
    return found[0] if len(found) == 1 else np.concatenate(found)


def hashes_of_all(texts: Sequence[str]) -> list[Hashes]:
    """Return what `word_hashes` returns of each text; short ones are worked out in one go."""
    if not texts or sum(map(len, texts)) > _SHORT:
        return [word_hashes(text) for text in texts]
    parts = [_normalised(text) for text in texts]
    found, starts = _hashed(b" ".join(parts))
    begins = np.cumsum([0, *(len(part) + 1 for part in parts[:-1])])
    firsts = np.searchsorted(starts, begins).tolist()
    return [found[one:end] for one, end in zip(firsts, [*firsts[1:], None], strict=True)]


def gram_hashes(words: Hashes, length: int) -> Hashes:
    """Return a hash for each run of `length` words: of its words and their order alone."""
    if len(words) < length:
        return np.empty(0, np.uint64)
    parts = [
        _grams_of_chunk(words[start : start + _CHUNK], length)
        for start in range(0, len(words) - length + 1, _CHUNK - length + 1)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def mixed(hashes: Hashes) -> Hashes:
    """Return hashes whose every bit depends on every bit (the finaliser of SplitMix64)."""
    found = hashes ^ (hashes >> np.uint64(30))
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found


def _of_chunk(chunk: bytes) -> Hashes:
    return _hashed(chunk)[0]


def _hashed(chunk: bytes) -> tuple[Hashes, NDArray[Any]]:
    """Return each word's hash and where it begins.

    A hash is a polynomial in the word's bytes: the difference of one sum over all of them.
    """
    values = np.frombuffer(chunk, np.uint8)
    is_word = np.empty(len(values) + 2, np.bool_)
    is_word[0] = is_word[-1] = False
    np.not_equal(values, _SPACE, out=is_word[1:-1])
    edges = np.flatnonzero(is_word[1:] != is_word[:-1])
    starts, ends = edges[::2], edges[1::2]
    up, down = _powers(_WORD_BASE)
    return mixed(_differences(values * up[: len(values)], starts, ends) * down[starts]), starts


def _grams_of_chunk(words: Hashes, length: int) -> Hashes:
    up, down = _powers(_GRAM_BASE)
    starts = np.arange(len(words) - length + 1)
    return mixed(_differences(words * up[: len(words)], starts, starts + length) * down[starts])


def _differences(terms: Hashes, starts: NDArray[Any], ends: NDArray[Any]) -> Hashes:
    sums = np.zeros(len(terms) + 1, np.uint64)
    np.cumsum(terms, out=sums[1:])
    found: Hashes = sums[ends] - sums[starts]
    return found


@cache
def _powers(base: int) -> tuple[Hashes, Hashes]:
    """Return the powers of an odd number modulo 2^64, and of its inverse."""
    return _powers_of(base), _powers_of(pow(base, -1, _MASK + 1))


def _powers_of(base: int) -> Hashes:
    found = np.ones(_CHUNK + 1, np.uint64)
    known = 1
    while known < len(found):
        more = min(known, len(found) - known)
        factor = np.uint64(pow(base, known, _MASK + 1))
        found[known : known + more] = found[:more] * factor
        known += more
    return found
