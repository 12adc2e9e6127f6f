"""Clusters of texts that are alike: connected components over pairs that were compared.

Texts stand in the order of their digests, so a cluster depends on no order of files. Texts that
share a band are candidates. In a band's bucket of up to 16 texts every two are compared; in a
larger one each text with the first 8 of the bucket and with the one before it, so that the work
grows with the number of texts, whatever they hold. Two texts of such a bucket that are alike may
be missed, if no chain of these comparisons joins them.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ALL_PAIRS: Final = 16
FIRST: Final = 8
_AT_ONCE: Final = 1 << 16  # pairs


def candidates(bands: NDArray[Any]) -> NDArray[np.int64]:
    """Return the pairs of texts that are to be compared, each once, in order.

    ``bands`` are those of each text, a row each. A pair is two numbers of rows, the lower first.
    """
    number = np.uint64(max(len(bands), 1))
    found = np.empty(0, np.uint64)
    for values in bands.T:
        pairs = [
            one.astype(np.uint64) * number + other.astype(np.uint64)
            for one, other in _in_buckets(values)
        ]
        found = _distinct(np.concatenate([found, *pairs]))
    return np.stack(np.divmod(found, number), axis=1).astype(np.int64)


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    values.sort()
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


def _in_buckets(values: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield the pairs of one band: numbers of texts and, for each, that of another behind it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    sizes = np.diff(np.append(begins, len(ordered)))
    is_shared = np.repeat(sizes > 1, sizes)
    texts = order[is_shared]
    size = np.repeat(sizes, sizes)[is_shared]
    place = (np.arange(len(order)) - np.repeat(begins, sizes))[is_shared]
    is_small = size <= ALL_PAIRS
    for before in range(1, ALL_PAIRS):
        at = np.flatnonzero(is_small & (place >= before))
        yield texts[at - before], texts[at]
    for first in range(FIRST):
        at = np.flatnonzero(~is_small & (place > first))
        yield texts[at - place[at] + first], texts[at]
    at = np.flatnonzero(~is_small & (place > FIRST))
    yield texts[at - 1], texts[at]


def clusters(pairs: NDArray[np.int64], is_alike: Callable[[int, int, int], bool]) -> dict[int, int]:
    """Return the first text of the cluster of each that is in one, but for the first itself.

    ``is_alike`` is asked about a pair, by its place among the pairs and its two texts; not about
    one whose texts are in one cluster already.
    """
    firsts: dict[int, int] = {}
    for start in range(0, len(pairs), _AT_ONCE):
        for place, pair in enumerate(pairs[start : start + _AT_ONCE].tolist(), start):
            one, other = (_first(firsts, number) for number in pair)
            if one != other and is_alike(place, *pair):
                firsts[max(one, other)] = min(one, other)
    return {number: _first(firsts, number) for number in firsts}


def _first(firsts: dict[int, int], number: int) -> int:
    """Return the first of a text's cluster, and shorten the way to it."""
    root = number
    while root in firsts:
        root = firsts[root]
    while number != root:
        firsts[number], number = root, firsts[number]
    return root
