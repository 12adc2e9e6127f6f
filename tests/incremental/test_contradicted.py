"""Runs whose category others change cost scoring nothing where that change is as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.receipts.incremental.worker_count import WORKERS
from distill.stages.line_parts import PartLines
from tests.workspaces import MAPPED, VERDICT, lines, row

from .small import made, make_small

CONFIGURATION = MAPPED + VERDICT
#: Of every fourth task both runs say the same, and only one of them is good.
RUNS = [
    row(f"t{number // 2}", f"answer {number // 2 if number % 8 < 2 else number}", number % 2 == 0)
    for number in range(80)
]


def test_contradicted_runs_are_counted_without_being_decided_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run more, its part alone is read; the counts are those of a full rebuild."""
    make_small(monkeypatch)
    monkeypatch.setenv(WORKERS, "1")
    read: list[str] = []
    whole = PartLines.lines

    def reading(self: PartLines) -> Iterator[tuple[int, bytes]]:
        read.extend([self.path] * self.path.startswith("data/evidence/"))
        return whole(self)

    monkeypatch.setattr(PartLines, "lines", reading)
    root, full = tmp_path / "kept", tmp_path / "full"
    _put(root, [])
    made(root, CONFIGURATION)
    everything = len(read)
    read.clear()
    more = [row("new", "something else")]
    _put(root, more)
    after = made(root, CONFIGURATION)
    again = len(read)
    assert 1 <= again <= 2 < everything // 10
    _put(full, more)
    assert after == made(full, CONFIGURATION)
    assert b'"same_output_opposite_verdicts":20' in after["score_runs"]


def _put(root: Path, more: list[dict[str, object]]) -> None:
    logs = root / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "a.jsonl").write_bytes(lines([*RUNS, *more]))
