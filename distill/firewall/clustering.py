"""Clusters of texts that are alike: connected components over pairs that were compared.

Texts stand in the order of their digests, so a cluster depends on no order of files. Texts that
share a band are candidates. In a band's bucket of up to 16 texts every two are compared; in a
larger one each text with the first 8 of the bucket and with the one before it, so that the work
grows with the number of texts, whatever they hold. Two texts of such a bucket that are alike may
be missed, if no chain of these comparisons joins them.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ALL_PAIRS: Final = 16
FIRST: Final = 8
_AT_ONCE: Final = 1 << 16  # pairs, or texts of a band
_HALF: Final = np.uint64(32)
_LOWER: Final = np.uint64(2**32 - 1)


def candidates(bands: Iterable[NDArray[Any]], number: int) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs of texts that are to be compared, each once, in order, many at once.

    ``bands`` are the first, the second, … of all texts, of which there are so many: numbers of 32
    bits. A pair is the numbers of two, the lower first. Until all bands are looked through, a pair
    is eight bytes.
    """
    width = np.uint64(max(number, 1))
    found = np.empty(0, np.uint64)
    for values in bands:
        pairs = [
            one.astype(np.uint64) * width + other.astype(np.uint64)
            for one, other in _in_buckets(values)
        ]
        found = _distinct(np.concatenate([found, *pairs]))
    for start in range(0, len(found), _AT_ONCE):
        some = np.divmod(found[start : start + _AT_ONCE], width)
        yield np.stack(some, axis=1).astype(np.int64)


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    values.sort()
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


def _in_buckets(values: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield the pairs of one band: numbers of texts and, for each, that of another behind it."""
    # Of a band and a text's number 64 bits: sorting these is eight times as fast as `argsort`.
    keyed = values.astype(np.uint64)
    keyed <<= _HALF
    keyed |= np.arange(len(values), dtype=np.uint32)
    keyed.sort()
    is_shared = np.zeros(len(values), np.bool_)
    for start in range(0, len(values), _AT_ONCE):
        some = keyed[start : start + _AT_ONCE + 1]
        is_next = some[1:] ^ some[:-1] <= _LOWER
        is_shared[start + 1 : start + len(some)] = is_next
        is_shared[start : start + len(some) - 1] |= is_next
    keyed = keyed[is_shared]  # of all texts, where few share a bucket
    del is_shared
    ordered, texts = keyed >> _HALF, (keyed & _LOWER).astype(np.int64)
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    sizes = np.diff(np.append(begins, len(ordered)))
    size = np.repeat(sizes, sizes)
    place = np.arange(len(texts)) - np.repeat(begins, sizes)
    is_small = size <= ALL_PAIRS
    for before in range(1, ALL_PAIRS):
        at = np.flatnonzero(is_small & (place >= before))
        yield texts[at - before], texts[at]
    for first in range(FIRST):
        at = np.flatnonzero(~is_small & (place > first))
        yield texts[at - place[at] + first], texts[at]
    at = np.flatnonzero(~is_small & (place > FIRST))
    yield texts[at - 1], texts[at]


class Clusters:
    """Texts by their numbers, in clusters that grow as pairs are found to be alike."""

    def __init__(self, number: int) -> None:
        # Of a text, one of its cluster that is not behind.
        self._firsts = array("I", np.arange(number, dtype=np.uint32).tobytes())

    def join(self, pairs: NDArray[np.int64], is_alike: Callable[[int, int, int], bool]) -> None:
        """Join the clusters of texts that are alike.

        ``is_alike`` is asked about a pair, by its place among these pairs and its two texts; not
        about one whose texts are in one cluster already.
        """
        for place, pair in enumerate(pairs.tolist()):
            one, other = (self._first(number) for number in pair)
            if one != other and is_alike(place, *pair):
                self._firsts[max(one, other)] = min(one, other)

    def firsts(self) -> NDArray[np.uint32]:
        """Return of each text the first of its cluster."""
        found = np.array(self._firsts, np.uint32)
        while not np.array_equal(further := found[found], found):
            found = further
        return found

    def _first(self, number: int) -> int:
        """Return the first of a text's cluster, and shorten the way to it."""
        firsts, root = self._firsts, number
        while firsts[root] != root:
            root = firsts[root]
        while number != root:
            firsts[number], number = root, firsts[number]
        return root
