"""Blocks are a file's bytes, with one thread or with a reader ahead, and no thread is left."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.receipts.blocks import BLOCK, read_blocks


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """An open file of three blocks and a half."""
    (tmp_path / "file").write_bytes(bytes(range(256)) * (BLOCK // 256) * 3 + b"x" * (BLOCK // 2))
    found = os.open(tmp_path / "file", os.O_RDONLY)
    yield found
    os.close(found)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("threads", [1, 2])
def test_the_blocks_are_the_bytes(descriptor: int, tmp_path: Path, threads: int) -> None:
    """In order, each at most a block, whoever reads."""
    blocks = [bytes(block) for block in read_blocks(descriptor, threads)]
    assert b"".join(blocks) == (tmp_path / "file").read_bytes()
    assert max(map(len, blocks)) == BLOCK


@pytest.mark.parametrize("expected", [0, 1, 5000, BLOCK, 2**60])
def test_a_wrong_size_changes_no_byte(descriptor: int, tmp_path: Path, expected: int) -> None:
    """A file that grew since it was looked at is read to its end all the same."""
    blocks = [bytes(block) for block in read_blocks(descriptor, expected=expected)]
    assert b"".join(blocks) == (tmp_path / "file").read_bytes()
    assert max(map(len, blocks)) == min(BLOCK, max(expected, 4096))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_empty_file_has_no_block(tmp_path: Path, threads: int) -> None:
    """Nothing is yielded."""
    (tmp_path / "empty").touch()
    found = os.open(tmp_path / "empty", os.O_RDONLY)
    assert list(read_blocks(found, threads)) == []
    os.close(found)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failed_read_is_raised(tmp_path: Path, threads: int) -> None:
    """A folder opens and can't be read: the error reaches the caller from either thread."""
    found = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(IsADirectoryError):
        list(read_blocks(found, threads))
    os.close(found)


@pytest.mark.parametrize("threads", [1, 2])
def test_who_stops_early_leaves_no_reader(descriptor: int, threads: int) -> None:
    """The reader ends with the caller."""
    blocks = read_blocks(descriptor, threads)
    assert len(next(blocks)) == BLOCK
    blocks.close()  # type: ignore[attr-defined]
