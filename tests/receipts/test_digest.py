"""Digests of bytes, files and records, against known vectors and a second way to compute them."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import ContractError, SourceError
from distill.receipts import digest as under_test
from distill.receipts.blocks import BLOCK
from distill.receipts.digest import (
    Digest,
    Sha256,
    digest_bytes,
    digest_file,
    unreadable,
    watch_file,
)
from distill.receipts.digest import fingerprint_file as fingerprint
from distill.receipts.merkle import leaf_hash, node_hash

EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def reference_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 §2.1 defines it, by recursion."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(reference_root(leaves[:split]), reference_root(leaves[split:]))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (b"\x00", "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (b"abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
    ],
)
def test_known_vectors(data: bytes, expected: str) -> None:
    """BLAKE3's published vectors come out."""
    assert digest_bytes(data) == Digest(expected)
    assert str(digest_bytes(data)) == f"blake3:{expected}"


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path, size: int) -> None:
    """Reading in blocks changes nothing, at any boundary."""
    path = tmp_path / "data.jsonl"
    data = (b"x" * 1000 + b"\n") * (size // 1001 + 1)
    path.write_bytes(data[:size])
    found, identity = fingerprint(path)
    assert digest_file(path) == digest_bytes(data[:size]) == found.blake3
    assert found.sha256 == Sha256(sha256(data[:size]).hexdigest())
    assert found.bytes == size == identity.size
    for threads in (1, 2, 4):
        assert watch_file(path, threads=threads) == (found.blake3, identity)


def test_a_pipe_makes_nobody_wait(tmp_path: Path) -> None:
    """A pipe that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="no regular file"):
        digest_file(tmp_path / "pipe")


def test_the_empty_tree(tmp_path: Path) -> None:
    """The root over no records is SHA-256 of nothing."""
    path = tmp_path / "empty.jsonl"
    path.touch()
    found, _ = fingerprint(path)
    assert (found.records, found.root) == (0, Sha256(EMPTY_ROOT))


def test_rfc_6962_known_roots(tmp_path: Path) -> None:
    """The roots over the first leaves of Certificate Transparency's own test tree come out."""
    path = tmp_path / "known.jsonl"
    leaves = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    ]
    for count, root in enumerate(roots, start=1):
        path.write_bytes(b"".join(leaf + b"\n" for leaf in leaves[:count]))
        found, _ = fingerprint(path)
        assert (found.records, found.root) == (count, Sha256(root))


@given(
    st.lists(st.binary(max_size=6).map(lambda b: b.replace(b"\n", b"")), max_size=40),
    st.sampled_from([1, 500]),
    st.data(),
)
def test_the_root_is_that_of_rfc_6962(lines: list[bytes], times: int, data: st.DataObject) -> None:
    """Whatever the lines, short or long, and wherever blocks are cut, the root is the recursive."""
    lines = [line * times for line in lines]
    content = b"".join(line + b"\n" for line in lines)
    tree = under_test.LineTree()
    rest = content
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        tree.update(rest[:cut])
        rest = rest[cut:]
    assert tree.close() == (len(lines), Sha256(reference_root(lines).hex()))


def test_a_last_line_needs_no_newline(tmp_path: Path) -> None:
    """With or without the last newline the records are the same."""
    with_it, without = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    with_it.write_bytes(b"1\n2\r\n")
    without.write_bytes(b"1\n2\r")
    assert fingerprint(with_it)[0].root == fingerprint(without)[0].root
    assert fingerprint(without)[0].records == 2


def test_only_jsonl_has_records(tmp_path: Path) -> None:
    """Other files, gzipped ones too, have neither record count nor root."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b"1\n")
    found, _ = fingerprint(path)
    assert (found.records, found.root) == (None, None)
    assert fingerprint(path, name="a.jsonl")[0].records == 1


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    """A missing file, a folder or a pipe is an error that names it."""
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
        keeper = os.open(path, os.O_RDWR)
    with pytest.raises(SourceError, match=kind):
        digest_file(path)
    if kind == "pipe":
        os.close(keeper)


@pytest.mark.parametrize("text", ["", "ab", "A" * 64, "g" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_digest_is_64_digits(text: str) -> None:
    """A digest is a type: no other text passes for one."""
    with pytest.raises(ContractError):
        Digest(text)


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    """What to do is told, for what is missing and for what lies below a file."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing.txt", tmp_path / "file/below.txt"):
        with pytest.raises(SourceError, match="can't be read") as caught:
            digest_file(path)
        assert "make it first" in caught.value.hint
    denied = unreadable("a.txt", PermissionError(13, "Permission denied"))
    assert (denied.message, "chmod" in denied.hint) == (
        "a.txt can't be read: Permission denied",
        True,
    )
    assert unreadable("a.txt", OSError(5, "Input/output error")).hint
