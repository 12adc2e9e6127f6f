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
from codecs import register_error
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

_CHUNK: Final = 1 << 16
#: Bytes that are hashed at once, up to the end of a word: their sums stay in a core's cache.
_CACHED: Final = 1 << 14
_WORD_BASE: Final = 0x9E3779B97F4A7C15
_GRAM_BASE: Final = 0xD6E8FEB86659FD93
_MASK: Final = (1 << 64) - 1
_SPACE: Final = 32
#: The shifts and factors of SplitMix64's finaliser.
_MIXING: Final = tuple(map(np.uint64, (30, 0xBF58476D1CE4E5B9, 27, 0x94D049BB133111EB, 31)))

_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
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
    return text.encode("ascii", _PLAIN).translate(_BYTES)


def _without_forms(error: UnicodeError) -> tuple[bytes, int]:
    """Return the UTF-8 of characters that are not ASCII, and where the next ones stand.

    As a handler of encoding errors it is asked about each run of them, at the price of a copy.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = unicodedata.normalize("NFKD", error.object[error.start : error.end])
    folded = unicodedata.normalize("NFKC", _DROPPED.sub("", plain)).casefold()
    said = _UNSPACED.sub(r" \g<0> ", _NO_WORD.sub(" ", folded))
    return said.encode("utf-8", "surrogatepass"), error.end


_PLAIN: Final = "distill.words"
register_error(_PLAIN, _without_forms)


def word_hashes(text: str) -> Hashes:
    """Return a hash for each word of a text, in order."""
    found = [_of_chunk(chunk) for chunk in chunks(text)]
    return found[0] if len(found) == 1 else np.concatenate(found)


def hashes_of_all(texts: Sequence[str]) -> list[Hashes]:
    """Return what `word_hashes` returns of each; short ones are worked out together.

    Law: a text's hashes don't depend on the other texts.
    """
    found: dict[int, Hashes] = {}
    block: dict[int, bytes] = {}
    size = 0
    for number, text in enumerate(texts):
        part = _normalised(text) if len(text) <= _CACHED else None
        if part is None or len(part) > _CACHED:
            found[number] = word_hashes(text)
            continue
        if size + len(part) > _CACHED:
            found |= _of_block(block)
            block, size = {}, 0
        block[number] = part
        size += len(part) + 1
    found |= _of_block(block)
    return [found[number] for number in range(len(texts))]


def _of_block(parts: Mapping[int, bytes]) -> dict[int, Hashes]:
    """Return the hashes of the words of each of some normalised texts, which are few bytes."""
    hashes, starts = _hashed(b" ".join(parts.values()))
    begins = accumulate((len(part) + 1 for part in parts.values()), initial=0)
    firsts = starts.searchsorted(list(begins)).tolist()
    return {
        number: hashes[one:end] for number, (one, end) in zip(parts, pairwise(firsts), strict=True)
    }


def gram_hashes(words: Hashes, length: int) -> Hashes:
    """Return a hash for each run of `length` words: of its words and their order alone."""
    return mixed(gram_sums(words, length))


def gram_sums(words: Hashes, length: int) -> Hashes:
    """Return what `gram_hashes` mixes: as good where nobody can tell the words' hashes from it."""
    if len(words) < length:
        return np.empty(0, np.uint64)
    parts = [
        _sums_of_chunk(words[start : start + _CHUNK], length)
        for start in range(0, len(words) - length + 1, _CHUNK - length + 1)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def mixed(hashes: Hashes) -> Hashes:
    """Return hashes whose every bit depends on every bit (the finaliser of SplitMix64)."""
    shifted = hashes >> _MIXING[0]
    found = hashes ^ shifted
    found *= _MIXING[1]
    found ^= np.right_shift(found, _MIXING[2], out=shifted)
    found *= _MIXING[3]
    found ^= np.right_shift(found, _MIXING[4], out=shifted)
    return found


def _of_chunk(chunk: bytes) -> Hashes:
    if len(chunk) <= _CACHED:
        return _hashed(chunk)[0]
    found, start = [], 0
    while start < len(chunk):
        end = chunk.find(b" ", start + _CACHED)
        end = len(chunk) if end < 0 else end
        found.append(_hashed(chunk[start:end])[0])
        start = end
    return np.concatenate(found)


def _hashed(chunk: bytes) -> tuple[Hashes, NDArray[Any]]:
    """Return each word's hash and where it begins.

    A hash is a polynomial in the word's bytes: the difference of one sum over all of them.
    """
    values = np.frombuffer(chunk, np.uint8)
    is_word = np.empty(len(values) + 2, np.bool_)
    is_word[0] = is_word[-1] = False
    np.not_equal(values, _SPACE, out=is_word[1:-1])
    edges = (is_word[1:] != is_word[:-1]).nonzero()[0]
    starts, ends = edges[::2], edges[1::2]
    up, down = _powers(_WORD_BASE)
    sums = _sums(values * up[: len(values)])
    found = sums[ends]
    found -= sums[starts]
    found *= down[starts]
    return mixed(found), starts


def _sums_of_chunk(words: Hashes, length: int) -> Hashes:
    up, down = _powers(_GRAM_BASE)
    sums = _sums(words * up[: len(words)])
    found = sums[length:] - sums[:-length]
    found *= down[: len(found)]
    return found


def _sums(terms: Hashes) -> Hashes:
    """Return the sum of all terms before each, and of all."""
    sums = np.empty(len(terms) + 1, np.uint64)
    sums[0] = 0
    terms.cumsum(out=sums[1:])
    return sums


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
