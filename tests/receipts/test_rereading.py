"""Files are reread by as many threads as may work."""

import os
from pathlib import Path

import pytest

from distill.receipts import rereading
from distill.receipts.digest import Digest, FileIdentity, watch_file
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.rereading import LARGE, read


@pytest.mark.parametrize(
    ("workers", "size", "expected"),
    [("", LARGE, 8), ("4", LARGE, 8), ("1", LARGE, 1), ("", LARGE - 1, 1)],
)
def test_a_large_file_is_read_by_all_threads_where_no_other_process_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str, size: int, expected: int
) -> None:
    """A process that is one of several is given one worker; what is read is the same."""
    given: list[int] = []

    def watched(path: Path, *, threads: int) -> tuple[Digest, FileIdentity]:
        given.append(threads)
        return watch_file(path, threads=threads)

    monkeypatch.setattr(rereading, "watch_file", watched)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setenv(WORKERS, workers)
    place = tmp_path / "file"
    place.write_bytes(b"x" * size)
    assert read(place) == watch_file(place)
    assert given == [expected]
