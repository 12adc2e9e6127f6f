"""Several leaves in one path: every set of leaves is shown, and nothing else passes."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import VerificationError
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree, TreeHead, inclusion_path
from distill.receipts.merkle_subsets import subset_path, verify_subset


def tree_of(size: int) -> tuple[list[bytes], MerkleTree]:
    """Leaf hashes, and the tree over them."""
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    return leaves, MerkleTree(leaves)


@pytest.mark.parametrize("size", range(1, 9))
def test_every_set_of_leaves_of_a_small_tree_is_shown(size: int) -> None:
    """Each path fits its own leaves, numbers and size, and those of no other set."""
    leaves, tree = tree_of(size)
    sets = [set(one) for n in range(1, size + 1) for one in combinations(range(size), n)]
    for some in sets:
        path = subset_path(tree, some)
        verify_subset({n: leaves[n] for n in some}, tree.head(), path)
        for other in sets:
            if other != some and len(other) == len(some):
                moved = dict(zip(sorted(other), (leaves[n] for n in sorted(some)), strict=True))
                with pytest.raises(VerificationError):
                    verify_subset(moved, tree.head(), path)


def test_the_path_of_one_leaf_has_the_hashes_of_its_inclusion_path() -> None:
    """In the order of the tree, and not from the leaf upwards."""
    for size in range(1, 20):
        _, tree = tree_of(size)
        for index in range(size):
            assert sorted(subset_path(tree, [index])) == sorted(inclusion_path(tree, index))


def test_all_leaves_need_no_path() -> None:
    """The root follows from the leaves."""
    leaves, tree = tree_of(13)
    assert subset_path(tree, range(13)) == ()
    verify_subset(dict(enumerate(leaves)), tree.head(), ())


@given(st.data())
def test_what_is_changed_in_any_way_is_refused(data: st.DataObject) -> None:
    """A leaf, a hash of the path, its length, its order, the size and the root are all bound."""
    size = data.draw(st.integers(1, 70))
    leaves, tree = tree_of(size)
    some = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    shown = {number: leaves[number] for number in some}
    head, path = tree.head(), subset_path(tree, some)
    verify_subset(shown, head, path)
    wrong: list[tuple[Any, TreeHead, Any]] = [
        ({**shown, min(some): bytes(32)}, head, path),
        ({**shown, min(some): b"short"}, head, path),
        ({**shown, size: leaves[0]}, head, path),
        ({**shown, -1: leaves[0]}, head, path),
        ({}, head, path),
        (shown, TreeHead(size, bytes(32)), path),
        (shown, head, (*path, bytes(32))),
    ]
    for number in range(len(path)):
        wrong.append((shown, head, (*path[:number], bytes(32), *path[number + 1 :])))
        wrong.append((shown, head, path[:number]))
    if len(path) > 1:
        wrong.append((shown, head, path[::-1]))
    for leaf_hashes, other_head, other_path in wrong:
        with pytest.raises(VerificationError):
            verify_subset(leaf_hashes, other_head, other_path)


@pytest.mark.parametrize("numbers", [[], [3], [-1], [0, 3]])
def test_leaves_that_the_tree_lacks_are_not_shown(numbers: list[int]) -> None:
    """Nor is nothing."""
    _, tree = tree_of(3)
    with pytest.raises(VerificationError, match="leaves"):
        subset_path(tree, numbers)


def test_a_tree_of_a_hostile_size_ends_at_once() -> None:
    """The fold visits the subtrees of shown leaves alone, whatever the size says."""
    leaf = leaf_hash(b"")
    with pytest.raises(VerificationError):
        verify_subset({2**52: leaf}, TreeHead(2**53 - 1, leaf), (leaf,) * 60)
    with pytest.raises(VerificationError):
        verify_subset({0: leaf}, TreeHead(2**60, leaf), (leaf,) * 60)
