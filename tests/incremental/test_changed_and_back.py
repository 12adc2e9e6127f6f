"""A log that is other bytes for a moment, and those of before when the run ends.

Its digest and mtime are then those that were read first, so the look at each part alone tells.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.errors import SourceError
from distill.receipts import (
    Workspace,
    with_receipt_per_group,
    with_receipt_per_record,
    workspace_scope,
)
from distill.receipts.incremental.stage import IncrementalStage

from .desk import set_bounds

RIGHT = b"".join(b"right %03d\n" % n for n in range(100))
logs: list[Path] = []


def meddle(records: list[bytes]) -> None:
    """Put other bytes into the log; the right ones come back once these were read."""
    is_seen = any(record.startswith(b"wrong") for record in records)
    logs[0].write_bytes(RIGHT if is_seen else RIGHT.replace(b"right", b"wrong"))
    os.utime(logs[0], ns=(0, 0))


@with_receipt_per_record(stage="each", version=1)
def each(record: bytes) -> bytes:
    """Return the record."""
    meddle([record])
    return record


def number_of(record: bytes) -> str:
    """Return what a record is grouped by."""
    return record[-3:].decode()


@with_receipt_per_group(stage="grouped", version=1, key=number_of)
def grouped(key: str, records: list[bytes]) -> list[bytes]:
    """Return the records."""
    del key
    meddle(records)
    return records


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with a log of several segments."""
    set_bounds(monkeypatch, (120, 480, 600, 3000))
    (tmp_path / "distill.toml").touch()
    logs[:] = [tmp_path / "log.jsonl"]
    logs[0].write_bytes(RIGHT)
    os.utime(logs[0], ns=(0, 0))
    with workspace_scope(Workspace(tmp_path)):
        yield tmp_path


@pytest.mark.parametrize("stage", [each, grouped], ids=["record", "group"])
def test_no_part_of_another_state_is_taken(root: Path, stage: IncrementalStage) -> None:
    """The run ends at the first part, or record, that is not the one that was read before."""
    with pytest.raises(SourceError, match="changed while"):
        stage(read=logs[0], write=root / "out")
    assert not (root / "out").exists()
