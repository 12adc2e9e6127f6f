"""The sidecar of a record file: it answers like the file itself, and damage is never believed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import VerificationError
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree, inclusion_path, verify_inclusion
from distill.receipts.tree_file import Leaf, TreeFile, write_tree


def leaves_of(records: list[bytes], ids: list[str | None] | None = None) -> list[Leaf]:
    """The leaves of records that stand one after another, a newline between."""
    leaves, start = [], 0
    for number, record in enumerate(records):
        name = ids[number] if ids else None
        leaves.append(Leaf(start, start + len(record), leaf_hash(record), name))
        start += len(record) + 1
    return leaves


@given(st.lists(st.binary(max_size=20), max_size=70))
def test_a_sidecar_answers_like_the_tree_in_memory(
    tmp_path_factory: pytest.TempPathFactory, records: list[bytes]
) -> None:
    """Head, every path, every place: as computed from the records."""
    leaves = leaves_of(records)
    path = tmp_path_factory.mktemp("trees") / "sidecar"
    tree = MerkleTree(leaf.hash for leaf in leaves)
    assert write_tree(path, leaves) == tree.head()
    with TreeFile(path) as sidecar:
        assert sidecar.size == len(records)
        assert sidecar.is_whole()
        for index, leaf in enumerate(leaves):
            assert sidecar.extent(index) == (leaf.start, leaf.end)
            assert sidecar.index_at(leaf.start) == index
            proof = inclusion_path(sidecar, index)
            assert proof == inclusion_path(tree, index)
            verify_inclusion(leaf.hash, tree.head(), index, proof)
        assert sidecar.index_at(10**9) is None


def test_ids_are_found_by_any_prefix(tmp_path: Path) -> None:
    """In the order of their bytes, twice where two records share one, never where there is none."""
    ids: list[str | None] = ["b-2", "a-1", None, "ä-9", "b-10", "a-1"]
    write_tree(tmp_path / "sidecar", leaves_of([b"x%d" % n for n in range(6)], ids))
    with TreeFile(tmp_path / "sidecar") as sidecar:
        assert list(sidecar.find("a-1")) == [("a-1", 1), ("a-1", 5)]
        assert list(sidecar.find("b")) == [("b-10", 4), ("b-2", 0)]
        assert list(sidecar.find("ä")) == [("ä-9", 3)]
        assert list(sidecar.find("c")) == []
        assert list(sidecar.find("zz")) == []
        assert len(list(sidecar.find(""))) == 5


def test_no_start_inside_a_record_is_one(tmp_path: Path) -> None:
    """Only the first byte of a record finds it."""
    write_tree(tmp_path / "sidecar", leaves_of([b"one", b"two"]))
    with TreeFile(tmp_path / "sidecar") as sidecar:
        assert [sidecar.index_at(at) for at in range(-1, 8)] == [
            None,
            0,
            *[None] * 3,
            1,
            *[None] * 3,
        ]


@pytest.mark.parametrize("ruin", ["missing", "empty", "magic", "short", "long", "link", "folder"])
def test_a_sidecar_that_is_none_is_not_opened(tmp_path: Path, ruin: str) -> None:
    """Missing, cut, grown, of another kind or behind a link: refused, so that it is made again."""
    path = tmp_path / "sidecar"
    write_tree(path, leaves_of([b"one", b"two", b"three"]))
    whole = path.read_bytes()
    path.unlink()
    if ruin == "link":
        (tmp_path / "other").write_bytes(whole)
        path.symlink_to(tmp_path / "other")
    elif ruin == "folder":
        path.mkdir()
    elif ruin != "missing":
        ruined = {
            "empty": b"",
            "magic": b"D" + whole[1:],
            "short": whole[:-1],
            "long": whole + b"\0",
        }
        path.write_bytes(ruined[ruin])
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(VerificationError):
        TreeFile(path)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_any_flipped_byte_is_seen(tmp_path: Path) -> None:
    """Whichever byte is flipped: the file is refused, or is not whole."""
    path = tmp_path / "sidecar"
    leaves = leaves_of([b"one", b"two", b"three"], ["a", "b", "c"])
    write_tree(path, leaves)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            with TreeFile(path) as sidecar:
                assert not sidecar.is_whole()
                list(sidecar.find("b"))  # may lead nowhere, or raise what stands in the docstring
                sidecar.index_at(4)
        except VerificationError:
            continue
