"""MinHash: what finds texts that may be alike among many, and what then says how alike two are.

A text is the set of its shingles: all runs of five words (`distill.firewall.words`). Its signature
is the least value of the set under each of 64 permutations; two signatures agree at a place with
the probability that is the Jaccard similarity of the sets. Sixteen bands of four places each are
kept: texts that share a band are candidates, and are compared by their shingles.

The chance to be a candidate is 1 - (1 - s^4)^16 for a similarity s: 89 % at 0.6, 98.8 % at 0.7,
99.98 % at 0.8.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from distill.firewall.words import Hashes, gram_hashes, mixed, word_hashes

SHINGLE: Final = 5
BANDS: Final = 16
ROWS: Final = 4
_PERMUTATIONS: Final = BANDS * ROWS
_CHUNK: Final = 1024
_HIGH: Final = np.uint64(32)


def shingles(words: Hashes) -> Hashes:
    """Return the set of a text's shingles, sorted; empty where it has fewer than five words."""
    found: Hashes = np.unique(gram_hashes(words, SHINGLE))
    return found


def shingles_of(text: str) -> Hashes:
    """Return the set of shingles of a text."""
    return shingles(word_hashes(text))


def similarity(one: Hashes, other: Hashes) -> int:
    """Return the Jaccard similarity of two sets of shingles in per mille, rounded down."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    both = len(one) + len(other) - shared
    return shared * 1000 // both if both else 0


def bands_of(texts: Sequence[Hashes]) -> list[str]:
    """Return the bands of each text's signature: 16 numbers of 32 bits, little-endian, in base64.

    ``texts`` are the words of each, five or more; texts that are short together are worked out in
    one go, since most of the price of a short one is that of a call.

    Law: a text's bands don't depend on the other texts.
    """
    if sum(map(len, texts)) > _CHUNK:
        signatures = np.stack([_signature(gram_hashes(words, SHINGLE)) for words in texts])
    else:
        signatures = _signatures(texts)
    parts = signatures.astype(np.uint64).reshape(len(texts), BANDS, ROWS)
    found = np.zeros((len(texts), BANDS), np.uint64)
    for row in range(ROWS):
        found = mixed(found + parts[:, :, row] + np.uint64(row + 1))
    return [b64encode(one.tobytes()).decode() for one in (found >> _HIGH).astype("<u4")]


def read_bands(text: str) -> bytes:
    """Return what `bands_of` put in base64: 64 bytes.

    Raises:
        ValueError: it is something else.
    """
    found = b64decode(text, validate=True)
    if len(found) != 4 * BANDS:
        message = "no bands of a signature"
        raise ValueError(message)
    return found


def _signature(grams: Hashes) -> NDArray[Any]:
    values = (grams >> _HIGH).astype(np.uint32)
    factors, addends = _permutations()
    least = np.full(_PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    for start in range(0, len(values), _CHUNK):
        permuted = values[None, start : start + _CHUNK] * factors
        permuted += addends
        np.minimum(least, permuted.min(axis=1), out=least)
    return least


def _signatures(texts: Sequence[Hashes]) -> NDArray[Any]:
    """Return the signatures of short texts, a row each: those of the shingles of all, parted."""
    sizes = [len(words) - SHINGLE + 1 for words in texts]
    grams = gram_hashes(np.concatenate(texts), SHINGLE)
    begins, own = 0, []
    for words, size in zip(texts, sizes, strict=True):  # a shingle over two texts is of neither
        own.append(grams[begins : begins + size])
        begins += len(words)
    values = (np.concatenate(own) >> _HIGH).astype(np.uint32)
    factors, addends = _permutations()
    permuted = values[None, :] * factors
    permuted += addends
    firsts = np.cumsum([0, *sizes[:-1]])
    least: NDArray[Any] = np.minimum.reduceat(permuted, firsts, axis=1).T
    return least


@cache
def _permutations() -> tuple[NDArray[Any], NDArray[Any]]:
    """Return, for ``x → a·x + b`` modulo 2^32, the odd factors and the addends, as columns."""
    drawn = mixed(np.arange(1, 2 * _PERMUTATIONS + 1, dtype=np.uint64)) >> _HIGH
    columns = drawn.astype(np.uint32).reshape(2, _PERMUTATIONS, 1)
    return columns[0] | np.uint32(1), columns[1]
