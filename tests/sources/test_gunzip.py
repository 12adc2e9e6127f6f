"""Gzip as it arrives: whole, in members, cut short, corrupt."""

import gzip
from collections.abc import Iterator

import pytest

from distill.errors import SourceError
from distill.sources.gunzip import gunzip

DATA = b'{"a": 1}\n' * 5000
ZIPPED = gzip.compress(DATA, mtime=0)


def blocks(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the data in blocks of a size."""
    return (data[i : i + size] for i in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("tail", [b"", ZIPPED, b"\0" * 600, ZIPPED + b"\0"])
def test_whole(size: int, tail: bytes) -> None:
    """Members follow each other and zero padding is no error, as gzip itself has it."""
    expected = DATA * (2 if tail.startswith(ZIPPED[:2]) else 1)
    assert b"".join(gunzip(blocks(ZIPPED + tail, size))) == expected


def test_a_bomb_comes_in_blocks() -> None:
    """However much a block expands to, no more than 1 MiB is given out at once."""
    parts = list(gunzip([gzip.compress(b"x" * 5_000_000)]))
    assert max(map(len, parts)) <= 2**20
    assert sum(map(len, parts)) == 5_000_000


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("cut", [1, 5, 12, len(ZIPPED) // 2, len(ZIPPED) - 1])
def test_cut_short(cut: int, size: int) -> None:
    """A gzip that ends before its trailer stops the source and says what to do."""
    with pytest.raises(SourceError, match="cut short") as caught:
        list(gunzip(blocks(ZIPPED[:cut], size)))
    assert "again" in caught.value.hint


@pytest.mark.parametrize("data", [b"no gzip at all", ZIPPED[:40] + b"\xff" * 20 + ZIPPED[60:]])
def test_corrupt(data: bytes) -> None:
    """Bytes that are no gzip, or whose checksum is wrong, stop the source."""
    with pytest.raises(SourceError, match="corrupt"):
        list(gunzip([data]))


def test_garbage_after_a_member() -> None:
    """What follows a member and is no member stops the source."""
    with pytest.raises(SourceError, match="corrupt"):
        list(gunzip([ZIPPED + b"garbage"]))


def test_nothing() -> None:
    """No bytes are no gzip, and hold no records."""
    assert list(gunzip([])) == []
