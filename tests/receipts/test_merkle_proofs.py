"""Inclusion and consistency proofs, against three oracles that share no code with ours.

1. RFC 6962's recursive definitions, written down here word for word, say what a proof must be.
2. `tlog-scales` (another author's verifier, Apache-2.0) says which proofs hold.
3. The known tree of eight leaves of Certificate Transparency: roots and proofs as published in
   transparency-dev/merkle, `proof/verify_test.go` (Apache-2.0, Google LLC).
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import tlog

from distill.errors import VerificationError
from distill.receipts.merkle import MerkleRoot, leaf_hash, node_hash
from distill.receipts.merkle_proofs import (
    MerkleTree,
    TreeHead,
    consistency_path,
    head_of,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)

EMPTY_ROOT = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")

KNOWN_RECORDS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_96A2 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_5F08 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_6B47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_BC1A = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_CA85 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_0EBC = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
_B086 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
_ROOT_1, _ROOT_2, _ROOT_4 = KNOWN_ROOTS[0], KNOWN_ROOTS[1], KNOWN_ROOTS[3]

KNOWN_INCLUSIONS = [
    (0, 1, []),
    (0, 8, [_96A2, _5F08, _6B47]),
    (5, 8, [_BC1A, _CA85, _ROOT_4]),
    (2, 3, [_ROOT_2]),
    (1, 5, [_ROOT_1, _5F08, _BC1A]),
]
KNOWN_CONSISTENCIES = [
    (1, 1, []),
    (1, 8, [_96A2, _5F08, _6B47]),
    (6, 8, [_0EBC, _CA85, _ROOT_4]),
    (2, 5, [_5F08, _BC1A]),
    (6, 7, [_0EBC, _B086, _ROOT_4]),
]

Path = tuple[bytes, ...]


# RFC 6962 §2.1, with its own names: D[n] is a list of records, MTH, PATH and SUBPROOF.


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """§2.1."""
    if len(d) == 0:
        return sha256().digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = _k(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def rfc_path(m: int, d: Sequence[bytes]) -> Path:
    """§2.1.1."""
    if len(d) == 1:
        return ()
    k = _k(len(d))
    if m < k:
        return (*rfc_path(m, d[:k]), mth(d[k:]))
    return (*rfc_path(m - k, d[k:]), mth(d[:k]))


def rfc_proof(m: int, d: Sequence[bytes], *, b: bool = True) -> Path:
    """§2.1.2: PROOF is SUBPROOF with true."""
    if m == len(d):
        return () if b else (mth(d),)
    k = _k(len(d))
    if m <= k:
        return (*rfc_proof(m, d[:k], b=b), mth(d[k:]))
    return (*rfc_proof(m - k, d[k:], b=False), mth(d[:k]))


def records(number: int) -> list[bytes]:
    """That many different records."""
    return [b"record %d" % index for index in range(number)]


def tree_of(d: Sequence[bytes]) -> MerkleTree:
    """Our tree over the records."""
    return MerkleTree(leaf_hash(record) for record in d)


def includes(leaf: bytes, head: TreeHead, index: int, path: Path) -> bool:
    """Whether ours accepts it; the other verifier must say the same of well-formed values."""
    try:
        verify_inclusion(leaf, head, index, path)
        ours = True
    except VerificationError:
        ours = False
    if index >= 0 and all(len(one) == 32 for one in (leaf, head.root, *path)):
        try:
            tlog.InclusionProof(index, head.size, list(path)).check(leaf, head.root)
            theirs = True
        except tlog.InclusionProofInvalid:
            theirs = False
        assert ours == theirs
    return ours


def is_consistent(old: TreeHead, new: TreeHead, path: Path) -> bool:
    """Whether ours accepts it; the other verifier must say the same of well-formed values."""
    try:
        verify_consistency(old, new, path)
        ours = True
    except VerificationError:
        ours = False
    if old.size > 0 and all(len(one) == 32 for one in (old.root, new.root, *path)):
        try:
            tlog.ConsistencyProof(old.size, new.size, list(path)).check(old.root, new.root)
            theirs = True
        except tlog.ConsistencyProofInvalid:
            theirs = False
        assert ours == theirs
    return ours


def flipped(value: bytes, bit: int) -> bytes:
    """The value with one bit turned over."""
    changed = bytearray(value)
    changed[bit // 8 % len(value)] ^= 1 << bit % 8
    return bytes(changed)


def corrupted(path: Path, bit: int) -> Iterator[Path]:
    """The path with each element flipped, dropped, doubled, cut short; with strangers put in."""
    for place, one in enumerate(path):
        before, after = path[:place], path[place + 1 :]
        yield (*before, flipped(one, bit), *after)
        yield (*before, *after)
        yield (*before, one, one, *after)
        yield (*before, one[:-1], *after)
        yield (*before, SOME_HASH, one, *after)
        if after and after[0] != one:
            yield (*before, after[0], one, *after[1:])
    yield (*path, SOME_HASH)
    yield (*path, b"")
    yield (b"", *path)
    yield (SOME_HASH, *path)


@pytest.mark.parametrize(("index", "size", "expected"), KNOWN_INCLUSIONS)
def test_known_inclusion_proofs(index: int, size: int, expected: list[str]) -> None:
    """The published audit paths are made, and accepted under the published roots."""
    tree = tree_of(KNOWN_RECORDS[:size])
    path = tuple(bytes.fromhex(text) for text in expected)
    assert inclusion_path(tree, index) == path
    root = bytes.fromhex(KNOWN_ROOTS[size - 1])
    assert includes(leaf_hash(KNOWN_RECORDS[index]), TreeHead(size, root), index, path)


@pytest.mark.parametrize(("old_size", "new_size", "expected"), KNOWN_CONSISTENCIES)
def test_known_consistency_proofs(old_size: int, new_size: int, expected: list[str]) -> None:
    """The published consistency proofs are made, and accepted between the published roots."""
    path = tuple(bytes.fromhex(text) for text in expected)
    assert consistency_path(tree_of(KNOWN_RECORDS[:new_size]), old_size) == path
    old, new = (TreeHead(n, bytes.fromhex(KNOWN_ROOTS[n - 1])) for n in (old_size, new_size))
    assert is_consistent(old, new, path)


def test_all_small_trees_are_proved_as_the_rfc_defines() -> None:
    """Every leaf of every tree up to 40 leaves, and every earlier size: path, proof and root."""
    for size in range(1, 41):
        d = records(size)
        tree = tree_of(d)
        assert tree.head() == TreeHead(size, mth(d))
        for number in range(size):
            path = inclusion_path(tree, number)
            assert path == rfc_path(number, d)
            assert includes(leaf_hash(d[number]), tree.head(), number, path)
            old = tree.head(number + 1)
            assert old.root == mth(d[: number + 1])
            proof = consistency_path(tree, number + 1)
            assert proof == rfc_proof(number + 1, d)
            assert is_consistent(old, tree.head(), proof)


@given(st.data(), st.integers(1, 2000), st.integers(0, 255))
def test_a_corrupted_inclusion_proof_is_refused(data: st.DataObject, size: int, bit: int) -> None:
    """Flip any bit of leaf, root or path, move index or size, drop or add an element: refused."""
    tree = tree_of(records(size))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: size == 1 or one != index))
    leaf, head, path = leaf_hash(b"record %d" % index), tree.head(), inclusion_path(tree, index)
    assert path == rfc_path(index, records(size))
    assert includes(leaf, head, index, path)
    assert not includes(flipped(leaf, bit), head, index, path)
    assert not includes(leaf, TreeHead(size, flipped(head.root, bit)), index, path)
    assert not includes(leaf[:-1], head, index, path)
    assert not includes(leaf, TreeHead(size, EMPTY_ROOT), index, path)
    for wrong in {other, index - 1, index + 1, index ^ 2, index ^ (1 << bit % 11)} - {index}:
        assert not includes(leaf, head, wrong, path)
    for wrong in {size * 2, size // 2, 0, 2**53} - {size}:
        assert not includes(leaf, TreeHead(wrong, head.root), index, path)
    for wrong_path in corrupted(path, bit):
        assert not includes(leaf, head, index, wrong_path)


@given(st.data(), st.integers(2, 2000), st.integers(0, 255))
def test_a_corrupted_consistency_proof_is_refused(data: st.DataObject, size: int, bit: int) -> None:
    """Flip any bit of either root or the path, move either size, drop or add: refused."""
    tree = tree_of(records(size))
    old_size = data.draw(st.integers(1, size - 1))
    old, new = tree.head(old_size), tree.head()
    path = consistency_path(tree, old_size)
    assert path == rfc_proof(old_size, records(size))
    assert is_consistent(old, new, path)
    assert not is_consistent(TreeHead(old_size, flipped(old.root, bit)), new, path)
    assert not is_consistent(old, TreeHead(size, flipped(new.root, bit)), path)
    assert not is_consistent(TreeHead(old_size, new.root), TreeHead(size, old.root), path)
    assert not is_consistent(old, new, ())
    for wrong in {old_size - 1, old_size + 1, old_size ^ 2, size} - {old_size}:
        assert not is_consistent(TreeHead(wrong, old.root), new, path)
    for wrong in {size * 2, size // 2, old_size, 0} - {size}:
        assert not is_consistent(old, TreeHead(wrong, new.root), path)
    for wrong_path in corrupted(path, bit):
        assert not is_consistent(old, new, wrong_path)


def test_a_changed_leaf_breaks_consistency() -> None:
    """A tree in which one old leaf was rewritten can't be shown to go on from the old one."""
    d = records(13)
    changed = [*d[:4], b"rewritten", *d[5:]]
    old, tree = tree_of(d).head(9), tree_of(changed)
    assert not is_consistent(old, tree.head(), consistency_path(tree, 9))


@pytest.mark.parametrize(("old_size", "new_size"), [(0, 0), (0, 1), (0, 8), (2, 1), (1, 0)])
def test_nothing_goes_on_from_an_empty_tree_or_back(old_size: int, new_size: int) -> None:
    """Neither from size 0, which would say nothing, nor to a smaller tree, whatever the roots."""
    for roots in ((EMPTY_ROOT, EMPTY_ROOT), (EMPTY_ROOT, SOME_HASH)):
        old, new = TreeHead(old_size, roots[0]), TreeHead(new_size, roots[1])
        for path in ((), (SOME_HASH,)):
            with pytest.raises(VerificationError, match="can't be shown to go on"):
                verify_consistency(old, new, path)


def test_equal_sizes_need_an_empty_path_and_equal_roots() -> None:
    """One size, one root, no path."""
    head = tree_of(records(5)).head()
    assert is_consistent(head, head, ())
    assert not is_consistent(head, TreeHead(5, SOME_HASH), ())
    assert not is_consistent(head, head, (SOME_HASH,))


def test_a_root_made_to_fit_a_surplus_element_is_refused() -> None:
    """The path's length follows from index and size, even where every hash would fit."""
    leaf = leaf_hash(b"a")
    fits = TreeHead(1, node_hash(SOME_HASH, leaf))
    assert not includes(leaf, fits, 0, (SOME_HASH,))
    old = TreeHead(1, leaf)
    two = node_hash(leaf, SOME_HASH)
    fits_both = TreeHead(2, node_hash(SOME_HASH, two))
    assert is_consistent(old, TreeHead(2, two), (SOME_HASH,))
    assert not is_consistent(old, fits_both, (SOME_HASH, SOME_HASH))
    rest = TreeHead(3, node_hash(SOME_HASH, leaf))  # with an old root that a surplus would reach
    assert not is_consistent(rest, TreeHead(3, rest.root), (SOME_HASH,))


def test_bytes_moved_between_two_hashes_are_refused() -> None:
    """A node is the hash of 64 bytes: cut elsewhere, the same bytes give the same root."""
    tree = tree_of(records(2))
    leaf, (sibling,) = leaf_hash(b"record 0"), inclusion_path(tree, 0)
    assert includes(leaf, tree.head(), 0, (sibling,))
    assert not includes(leaf + sibling[:1], tree.head(), 0, (sibling[1:],))
    assert not includes(leaf[:-1], tree.head(), 0, (leaf[-1:] + sibling,))
    old = tree.head(1)
    assert not is_consistent(TreeHead(1, old.root[:-1]), tree.head(), (old.root[-1:] + sibling,))


def test_a_size_that_no_receipt_can_hold_is_refused() -> None:
    """Beyond 2**53 - 1 a reader of JSON would round: no head has such a size."""
    leaf, path = SOME_HASH, (SOME_HASH,) * 54
    root = leaf
    for sibling in path:
        root = node_hash(root, sibling)
    with pytest.raises(VerificationError, match="none of index 0"):
        verify_inclusion(leaf, TreeHead(2**54, root), 0, path)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 0), (1, 1), (2, 1), (-1, 3)])
def test_no_leaf_outside_of_the_tree(index: int, size: int) -> None:
    """An index at or beyond the size is refused before anything is hashed."""
    for root in (EMPTY_ROOT, SOME_HASH):
        assert not includes(SOME_HASH, TreeHead(size, root), index, ())


@pytest.mark.parametrize("ask", [-1, 7])
def test_no_path_and_no_head_for_what_the_tree_has_not(ask: int) -> None:
    """The makers refuse an index or a size that the tree does not have, and never wrap around."""
    tree = tree_of(records(6))
    for make in (inclusion_path, consistency_path, head_of):
        with pytest.raises(VerificationError, match="6 leaves"):
            make(tree, ask)
    with pytest.raises(VerificationError, match="6 leaves"):
        consistency_path(tree, 0)


@given(st.integers(0, 300))
def test_the_tree_has_the_root_that_the_stream_has(size: int) -> None:
    """All levels in memory and the peaks of the writer's stream give one root."""
    stream = MerkleRoot()
    for record in records(size):
        stream.push(leaf_hash(record))
    assert tree_of(records(size)).head() == TreeHead(size, stream.root())


@given(st.lists(st.lists(st.binary(max_size=4), max_size=40), max_size=6))
def test_leaves_may_come_many_at_a_time(chunks: list[list[bytes]]) -> None:
    """However the leaves are divided, the root is that of one by one."""
    together, one_by_one = MerkleRoot(), MerkleRoot()
    for chunk in chunks:
        leaves = [leaf_hash(record) for record in chunk]
        together.extend(leaves)
        for leaf in leaves:
            one_by_one.push(leaf)
        assert (together.size, together.root()) == (one_by_one.size, one_by_one.root())
