"""Inclusion and consistency proofs of RFC 6962's tree: made from its nodes, verified from bytes.

Rules of the verifiers, stricter than the RFC where it is silent:

1. Every hash has 32 bytes.
2. A path has exactly the elements that index and size ask for, no more and no fewer.
3. A tree is consistent with itself by an empty path alone.
4. Nothing is consistent with the empty tree: such a proof would say nothing, so it is refused.

Sources: RFC 6962 §2.1.1 and §2.1.2 for making; RFC 9162 §2.1.3.2 and §2.1.4.2 for verifying.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn, Protocol

from distill.errors import VerificationError
from distill.receipts.merkle import node_hash

HASH_BYTES = 32
MAX_SIZE = 2**53 - 1  # the largest count that a receipt or a checkpoint may hold


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The size of a tree and its root of 32 bytes."""

    size: int
    root: bytes


class Nodes(Protocol):
    """The complete subtrees of one tree, by height and place."""

    @property
    def size(self) -> int:
        """How many leaves the tree has."""

    def node(self, level: int, index: int) -> bytes:
        """Return the root over the leaves from ``index << level`` to ``(index + 1) << level``."""


class MerkleTree:
    """A tree in memory, all levels kept: 64 bytes a leaf, for ledgers and tests.

    ``leaves`` are leaf hashes of 32 bytes (`distill.receipts.merkle.leaf_hash`).
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return len(self._levels[0])

    def node(self, level: int, index: int) -> bytes:
        """Return the root of one complete subtree."""
        return self._levels[level][index]

    def head(self, size: int | None = None) -> TreeHead:
        """Return the head over the first ``size`` leaves (default: all)."""
        return head_of(self, self.size if size is None else size)


def head_of(nodes: Nodes, size: int) -> TreeHead:
    """Return the head that the tree had when it had ``size`` leaves.

    Raises:
        VerificationError: the tree never had so many.
    """
    if not 0 <= size <= nodes.size:
        _refuse(f"the tree has {nodes.size} leaves, so it has no head of {size}")
    return TreeHead(size, root_between(nodes, 0, size) if size else sha256(b"").digest())


def inclusion_path(nodes: Nodes, index: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf: RFC 6962's PATH(index, D[size]), from the leaf upwards.

    Law: `verify_inclusion` accepts it for that leaf, the tree's head and that index, and for no
    other.

    Raises:
        VerificationError: the tree has no such leaf.
    """
    if not 0 <= index < nodes.size:
        _refuse(f"the tree has {nodes.size} leaves, so it has none of index {index}")
    start, end = 0, nodes.size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + split_of(end - start)
        if index < middle:
            path.append(root_between(nodes, middle, end))
            end = middle
        else:
            path.append(root_between(nodes, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path(nodes: Nodes, old_size: int) -> tuple[bytes, ...]:
    """Return RFC 6962's PROOF(old_size, D[size]): that the tree only grew since it had that size.

    Law: `verify_consistency` accepts it for the two heads, and it is empty where they are one.

    Raises:
        VerificationError: ``old_size`` is 0, or larger than the tree.
    """
    if not 1 <= old_size <= nodes.size:
        _refuse(f"the tree has {nodes.size} leaves, so it has no proof from size {old_size}")
    start, end = 0, nodes.size
    path: list[bytes] = []
    while old_size != end:
        middle = start + split_of(end - start)
        if old_size <= middle:
            path.append(root_between(nodes, middle, end))
            end = middle
        else:
            path.append(root_between(nodes, start, middle))
            start = middle
    if start:  # the old tree's head is known to the verifier unless it is a part of the old tree
        path.append(root_between(nodes, start, end))
    return tuple(reversed(path))


def verify_inclusion(leaf_hash: bytes, head: TreeHead, index: int, path: Sequence[bytes]) -> None:
    """Accept a proof that the leaf has this index in the tree with this head.

    Raises:
        VerificationError: the proof shows no such thing.
    """
    _demand_hashes((leaf_hash, head.root, *path))
    if not 0 <= index < head.size <= MAX_SIZE:
        _refuse(f"a tree of {head.size} leaves has none of index {index}")
    found = leaf_hash
    for sibling, is_left in _climb(index, head.size - 1, path):
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
    if found != head.root:
        _refuse("the inclusion path leads to another root")


def verify_consistency(old: TreeHead, new: TreeHead, path: Sequence[bytes]) -> None:
    """Accept a proof that the tree with the new head begins with all leaves of the old one.

    Raises:
        VerificationError: the proof shows no such thing, or the old tree is empty.
    """
    _demand_hashes((old.root, new.root, *path))
    if not 1 <= old.size <= new.size <= MAX_SIZE:
        _refuse(f"a tree of {new.size} leaves can't be shown to go on from one of {old.size}")
    if old.size == new.size:
        if path:
            _refuse("the path is too long: the sizes are equal")
        if old.root != new.root:
            _refuse("the sizes are equal and the roots are not")
        return
    if not path:
        _refuse("the path is too short")
    is_whole = old.size & (old.size - 1) == 0  # the old root is itself a node of the new tree
    first, *rest = (old.root, *path) if is_whole else path
    from_old = from_new = first
    height = (old.size & -old.size).bit_length() - 1  # of the last complete part of the old tree
    number, last = (old.size - 1) >> height, (new.size - 1) >> height
    for sibling, is_left in _climb(number, last, rest):
        if is_left:
            from_old = node_hash(sibling, from_old)
        from_new = node_hash(sibling, from_new) if is_left else node_hash(from_new, sibling)
    if from_old != old.root:
        _refuse("the consistency path leads to another old root")
    if from_new != new.root:
        _refuse("the consistency path leads to another new root")


def _climb(number: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each element of a path, and whether it stands on the left of what is below.

    ``number`` is the node's place in its level and ``last`` that of the level's last node: fn and
    sn of RFC 9162.
    """
    for sibling in path:
        if last == 0:
            _refuse("the path is too long")
        is_left = number & 1 == 1 or number == last
        yield sibling, is_left
        while is_left and not number & 1 and number:
            number, last = number >> 1, last >> 1
        number, last = number >> 1, last >> 1
    if last:
        _refuse("the path is too short")


def root_between(nodes: Nodes, start: int, end: int) -> bytes:
    """Return MTH over the leaves from start to end; start is a multiple of the largest part."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes.node(level, start >> level)
    middle = start + split_of(size)
    return node_hash(root_between(nodes, start, middle), root_between(nodes, middle, end))


def split_of(size: int) -> int:
    """Return the largest power of two below a size of at least 2 (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _demand_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        _refuse("a hash has not 32 bytes")


def _refuse(message: str) -> NoReturn:
    raise VerificationError(message)
