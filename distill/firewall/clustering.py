"""Clusters of texts that are alike: connected components over pairs that were compared.

Texts stand in the order of their digests, so a cluster depends on no order of files. Texts that
share a band are candidates. In a band's bucket of up to 16 texts every two are compared; in a
larger one each text with the first 8 of the bucket and with the one before it, so that the work
grows with the number of texts, whatever they hold. Two texts of such a bucket that are alike may
be missed, if no chain of these comparisons joins them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from distill.firewall.minhash import BANDS

ALL_PAIRS: Final = 16
FIRST: Final = 8


def clusters(bands: Sequence[bytes | None], is_alike: Callable[[int, int], bool]) -> list[int]:
    """Return for each text, in the order of digests, the first one of its cluster.

    ``bands`` are those of each text, null where it has none; ``is_alike`` compares two.
    """
    firsts = list(range(len(bands)))
    numbers = [number for number, one in enumerate(bands) if one is not None]
    if not numbers:
        return firsts
    content = b"".join(one for one in bands if one is not None)
    table = np.frombuffer(content, "<u4").reshape(len(numbers), BANDS)
    known: set[tuple[int, int]] = set()
    for pair in _candidates(table, numbers):
        one, other = (_first(firsts, number) for number in pair)
        if one == other or pair in known:
            continue
        known.add(pair)
        if is_alike(*pair):
            firsts[max(one, other)] = min(one, other)
    return [_first(firsts, number) for number in range(len(firsts))]


def _candidates(table: NDArray[Any], numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    for band in range(BANDS):
        order = np.argsort(table[:, band], kind="stable")
        values = table[order, band]
        ends = np.append(np.flatnonzero(values[1:] != values[:-1]) + 1, len(values))
        begins = np.append(0, ends[:-1])
        for begin, end in zip(begins[ends - begins > 1], ends[ends - begins > 1], strict=True):
            yield from _pairs([numbers[place] for place in order[begin:end]])


def _pairs(bucket: Sequence[int]) -> Iterator[tuple[int, int]]:
    for at, other in enumerate(bucket):
        before = bucket[:at] if len(bucket) <= ALL_PAIRS else bucket[: min(at, FIRST)]
        yield from ((one, other) for one in before)
        if at > len(before):
            yield bucket[at - 1], other


def _first(firsts: list[int], number: int) -> int:
    """Return the first of a text's cluster, and shorten the way to it."""
    root = number
    while firsts[root] != root:
        root = firsts[root]
    while firsts[number] != root:
        firsts[number], number = root, firsts[number]
    return root
