"""Proofs that several leaves stand in one tree of RFC 6962, in one path.

``SUBSET(I, D[n])`` for the numbers I of the leaves that are shown: nothing where I holds every
number of D[n] (of a single leaf), the root of D[n] where I holds none, else the path of the left
part and then that of the right one, split as RFC 6962 §2.1 does. So the path is the roots of all
largest subtrees without a shown leaf, from left to right, and each set of leaves has just one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.receipts.merkle import node_hash
from distill.receipts.merkle_proofs import (
    HASH_BYTES,
    MAX_SIZE,
    Nodes,
    TreeHead,
    root_between,
    split_of,
)


def subset_path(nodes: Nodes, indices: Collection[int]) -> tuple[bytes, ...]:
    """Return the path that shows the leaves of these numbers.

    Law: `verify_subset` accepts it for those leaves and the tree's head, and for no others.

    Raises:
        VerificationError: no leaf is asked for, or the tree lacks one.
    """
    inside = sorted(set(indices))
    if not inside or not 0 <= inside[0] <= inside[-1] < nodes.size:
        raise VerificationError(f"the tree has {nodes.size} leaves, and not all that are asked for")
    return tuple(_siblings(nodes, 0, nodes.size, inside))


def verify_subset(leaves: Mapping[int, bytes], head: TreeHead, path: Sequence[bytes]) -> None:
    """Accept a proof that the leaf hashes stand at these numbers in the tree with this head.

    Raises:
        VerificationError: the proof shows no such thing.
    """
    if any(len(one) != HASH_BYTES for one in (head.root, *leaves.values(), *path)):
        raise VerificationError("a hash has not 32 bytes")
    inside = sorted(leaves)
    if not inside or not 0 <= inside[0] <= inside[-1] < head.size <= MAX_SIZE:
        raise VerificationError(f"a tree of {head.size} leaves has not those that are shown")
    folding = _Folding(leaves, iter(path))
    if folding.root(0, head.size, inside) != head.root:
        raise VerificationError("the path leads to another root")
    if next(folding.rest, None) is not None:
        raise VerificationError("the path is too long")


@dataclass(frozen=True)
class _Folding:
    """The way from leaves and the rest of a path to a root."""

    leaves: Mapping[int, bytes]
    rest: Iterator[bytes]

    def root(self, start: int, end: int, inside: Sequence[int]) -> bytes:
        """Return the root over the leaves from start to end, of which ``inside`` are known."""
        if not inside:
            found = next(self.rest, None)
            if found is None:
                raise VerificationError("the path is too short")
            return found
        if end - start == 1:
            return self.leaves[start]
        middle = start + split_of(end - start)
        left, right = _parted(inside, middle)
        return node_hash(self.root(start, middle, left), self.root(middle, end, right))


def _siblings(nodes: Nodes, start: int, end: int, inside: Sequence[int]) -> Iterator[bytes]:
    if not inside:
        yield root_between(nodes, start, end)
    elif end - start > 1:
        middle = start + split_of(end - start)
        left, right = _parted(inside, middle)
        yield from _siblings(nodes, start, middle, left)
        yield from _siblings(nodes, middle, end, right)


def _parted(numbers: Sequence[int], middle: int) -> tuple[list[int], list[int]]:
    return [one for one in numbers if one < middle], [one for one in numbers if one >= middle]
