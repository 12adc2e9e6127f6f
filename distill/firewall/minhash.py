"""MinHash: what finds texts that may be alike among many, and what then says how alike two are.

A text is the set of its shingles: all runs of five words (`distill.firewall.words`). Its signature
is the least value of the set under each of 64 permutations; two signatures agree at a place with
the probability that is the Jaccard similarity of the sets. Sixteen bands of four places each are
kept: texts that share a band are candidates, and are compared by their shingles.

The chance to be a candidate is 1 - (1 - s^4)^16 for a similarity s: 89 % at 0.6, 98.8 % at 0.7,
99.98 % at 0.8.
"""

from binascii import b2a_base64
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from distill.firewall.blocks import blocks
from distill.firewall.words import Hashes, gram_sums, mixed, word_hashes

SHINGLE: Final = 5
BANDS: Final = 16
ROWS: Final = 4
_PERMUTATIONS: Final = BANDS * ROWS
#: Shingles that are permuted at once: the table of 64 permutations stays in a core's cache.
_CHUNK: Final = 4096
_HIGH: Final = np.uint64(32)


def shingles(words: Hashes) -> Hashes:
    """Return the set of a text's shingles, sorted; empty where it has fewer than five words."""
    found = gram_sums(words, SHINGLE)
    found.sort()
    return found[np.append(True, found[1:] != found[:-1])] if len(found) else found


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

    ``texts`` are the words of each, five or more; short ones are worked out together, since most of
    the price of a short one is that of a call.

    Law: a text's bands don't depend on the other texts.
    """
    signatures = np.concatenate(
        [_signatures(texts[block]) for block in blocks(map(len, texts), _CHUNK)]
    )
    rows = signatures.reshape(len(texts) * BANDS, ROWS).astype(np.uint64)
    bands = (rows @ _weights() >> _HIGH).astype("<u4").tobytes()
    size = 4 * BANDS
    return [
        b2a_base64(bands[at : at + size], newline=False).decode()
        for at in range(0, len(bands), size)
    ]


def _signatures(texts: Sequence[Hashes]) -> NDArray[Any]:
    """Return the signatures of some texts, a row each: those of the shingles of all, parted."""
    values = (gram_sums(np.concatenate(texts), SHINGLE) >> _HIGH).astype(np.uint32)
    if len(texts) == 1:
        return _signature(values)
    bounds = pairwise(accumulate(map(len, texts), initial=0))
    # A shingle over two texts is of neither: every second of the stretches is none of a text.
    places = [place for begin, end in bounds for place in (begin, end - SHINGLE + 1)]
    permuted = values * _factors()
    least: NDArray[Any] = np.minimum.reduceat(permuted, places[:-1], axis=1)[:, ::2].T
    return least


def _signature(values: NDArray[Any]) -> NDArray[Any]:
    """Return the signature of a text, which may be long, as the only row."""
    least = np.full((1, _PERMUTATIONS), 0xFFFFFFFF, np.uint32)
    for start in range(0, len(values), _CHUNK):
        permuted = values[start : start + _CHUNK] * _factors()
        np.minimum(least, permuted.min(axis=1), out=least)
    return least


@cache
def _factors() -> NDArray[Any]:
    """Return, for the permutations ``x → a·x`` modulo 2^32, the odd factors, as a column."""
    drawn = mixed(np.arange(1, _PERMUTATIONS + 1, dtype=np.uint64)) >> _HIGH
    return (drawn.astype(np.uint32) | np.uint32(1)).reshape(_PERMUTATIONS, 1)


@cache
def _weights() -> NDArray[Any]:
    """Return what the rows of a band are multiplied by: the upper half of the sum is its hash.

    Two bands that differ in a row have one hash with the probability 2^-32 (Dietzfelbinger 1996,
    "Universal hashing and k-wise independent random variables", multiply-shift of vectors).
    """
    return mixed(np.arange(1, ROWS + 1, dtype=np.uint64) + np.uint64(1000))
