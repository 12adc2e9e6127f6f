"""MinHash: what finds texts that may be alike among many, and what then says how alike two are.

A text is the set of its shingles: all runs of five words (`distill.firewall.words`). Its signature
is the least value of the set under each of 64 permutations; two signatures agree at a place with
the probability that is the Jaccard similarity of the sets. Sixteen bands of four places each are
kept: texts that share a band are candidates, and are compared by their shingles.

The chance to be a candidate is 1 - (1 - s^4)^16 for a similarity s: 89 % at 0.6, 98.8 % at 0.7,
99.98 % at 0.8.
"""

from base64 import b64decode, b64encode
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


def bands_of(words: Hashes) -> str:
    """Return the bands of a text's signature: 16 numbers of 32 bits, little-endian, in base64."""
    signature = _signature(gram_hashes(words, SHINGLE)).astype(np.uint64).reshape(BANDS, ROWS)
    found = np.zeros(BANDS, np.uint64)
    for row in range(ROWS):
        found = mixed(found + signature[:, row] + np.uint64(row + 1))
    return b64encode((found >> _HIGH).astype("<u4").tobytes()).decode()


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


@cache
def _permutations() -> tuple[NDArray[Any], NDArray[Any]]:
    """Return, for ``x → a·x + b`` modulo 2^32, the odd factors and the addends, as columns."""
    drawn = mixed(np.arange(1, 2 * _PERMUTATIONS + 1, dtype=np.uint64)) >> _HIGH
    columns = drawn.astype(np.uint32).reshape(2, _PERMUTATIONS, 1)
    return columns[0] | np.uint32(1), columns[1]
