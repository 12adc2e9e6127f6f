"""Files of shards: what is on its way to the disk before anybody waits for it."""

import os
from pathlib import Path

import pytest

from distill.receipts import durable
from distill.receipts.incremental.shard_file import SummedFile

_MIB = 1024 * 1024


def test_the_bytes_of_large_files_are_on_their_way_when_they_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them; for small ones it is not worth the call."""
    begun: list[int] = []
    own = durable.begin_sync

    def begin(descriptor: int) -> None:
        begun.append(os.fstat(descriptor).st_size)
        own(descriptor)

    monkeypatch.setattr(durable, "begin_sync", begin)
    for name, size in (("small", _MIB), ("large", 5 * _MIB)):
        with SummedFile(tmp_path / name) as out:
            out.write(b"x" * size)
            out.write(b"\n")
        assert (tmp_path / name).read_bytes() == b"x" * size + b"\n"
    assert begun == [5 * _MIB + 1]


def test_what_can_not_be_begun_is_left_to_the_sync() -> None:
    """A pipe has no bytes on a disk, and a closed file none at all."""
    read, write = os.pipe()
    durable.begin_sync(write)
    os.close(read)
    os.close(write)
    durable.begin_sync(write)
