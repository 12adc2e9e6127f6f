"""Law: what an incremental run leaves is, byte for byte, what a full rebuild gives.

And it computes no more than what changed: counted in calls, not in seconds.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental import segments
from distill.receipts.incremental import workers as workers_of_stages
from distill.receipts.incremental.segments import is_end
from distill.receipts.incremental.stage import IncrementalStage
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.merkle import leaf_hash
from tests.conftest import REPOSITORY

from .desk import BOUNDS, OUT, Desk, set_bounds
from .edits import EDITS, LOGS, Edit, Logs
from .pipeline import CALLS, STAGES, calls, gather, widen

SEQUENCES = st.lists(EDITS, min_size=1, max_size=5)


@given(LOGS, SEQUENCES, BOUNDS, st.sampled_from(STAGES), st.booleans())
def test_incremental_is_full(
    logs: Logs, edits: list[Edit], bounds: tuple[int, ...], stage: IncrementalStage, is_open: bool
) -> None:
    """The law itself, after every edit of a sequence."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        set_bounds(patch, bounds)
        desk = Desk(Path(folder) / "kept")
        desk.run(stage, desk.put(logs, is_open=is_open))
        for number, edit in enumerate(edits):
            logs = edit(logs)
            full = Desk(Path(folder) / f"full{number}")
            after = desk.run(stage, desk.put(logs, is_open=is_open))
            assert after == full.run(stage, full.put(logs, is_open=is_open))


@given(LOGS, SEQUENCES, BOUNDS)
def test_a_record_stage_computes_the_stretches_that_changed(
    logs: Logs, edits: list[Edit], bounds: tuple[int, ...]
) -> None:
    """A stretch is what lies between two ends that content chose: it holds whole segments."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        set_bounds(patch, bounds)
        counted = Path(folder) / "calls"
        patch.setenv(CALLS, str(counted))
        desk = Desk(Path(folder) / "kept")
        desk.run(widen, desk.put(logs, is_open=False))
        for edit in edits:
            before, logs = _stretches(logs), edit(logs)
            files = desk.put(logs, is_open=False)
            calls(counted)
            desk.run(widen, files)
            fresh = _stretches(logs) - before
            assert calls(counted) <= sum(len(one) * number for one, number in fresh.items())


@given(LOGS, SEQUENCES, BOUNDS)
def test_a_group_stage_computes_the_groups_that_changed(
    logs: Logs, edits: list[Edit], bounds: tuple[int, ...]
) -> None:
    """A group is computed when its records changed, or their order, and then once."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        set_bounds(patch, bounds)
        counted = Path(folder) / "calls"
        patch.setenv(CALLS, str(counted))
        desk = Desk(Path(folder) / "kept")
        desk.run(gather, desk.put(logs, is_open=False))
        for edit in edits:
            before, logs = _groups(logs), edit(logs)
            files = desk.put(logs, is_open=False)
            calls(counted)
            desk.run(gather, files)
            after = _groups(logs)
            assert calls(counted) == sum(before.get(key) != found for key, found in after.items())


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.stage)
@pytest.mark.parametrize("workers", [2, 3, 4])
def test_workers_change_no_byte(
    stage: IncrementalStage, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every record is computed once, whoever does it."""
    logs = {
        f"{n}.jsonl": tuple(b"%d %d" % (i % 10, n + i * i) for i in range(300)) for n in range(3)
    }
    set_bounds(monkeypatch, (200, 800, 2000, 9000))
    alone = Desk(tmp_path / "alone")
    monkeypatch.setenv(WORKERS, "1")
    expected = alone.run(stage, alone.put(logs, is_open=False))
    monkeypatch.setattr(workers_of_stages, "WORTH_WORKERS", 0)
    monkeypatch.syspath_prepend(REPOSITORY)  # workers that are started anew import this package
    monkeypatch.setenv(WORKERS, str(workers))
    counted = tmp_path / "calls"
    monkeypatch.setenv(CALLS, str(counted))
    spread = Desk(tmp_path / "spread")
    assert spread.run(stage, spread.put(logs, is_open=False)) == expected
    assert calls(counted) == (10 if stage is gather else 900)


@given(LOGS, BOUNDS, st.sampled_from(STAGES), st.data())
def test_damage_costs_time_alone(
    logs: Logs, bounds: tuple[int, ...], stage: IncrementalStage, data: st.DataObject
) -> None:
    """An output or the memory that was changed is noticed, and made anew."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        set_bounds(patch, bounds)
        desk = Desk(Path(folder))
        files = desk.put(logs, is_open=False)
        expected = desk.run(stage, files)
        memory = desk.root / ".distill" / "incremental"
        victims = sorted(p for p in [*(desk.root / OUT).iterdir(), *memory.iterdir()])
        victim = data.draw(st.sampled_from(victims))
        found = victim.read_bytes()
        at = data.draw(st.integers(0, max(0, len(found) - 1)))
        damaged = bytes([found[at] ^ 1]) if found else b"x"
        victim.write_bytes(found[:at] + damaged + found[at + 1 :])
        assert desk.run(stage, files) == expected


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.stage)
@pytest.mark.parametrize("damaged", ["part-00000.jsonl", "part-00001.jsonl"])
def test_a_copy_of_what_was_damaged_stands_elsewhere(
    stage: IncrementalStage, damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One shard stands though its records are computed for another one, which was damaged."""
    set_bounds(monkeypatch, (1000, 4000, 64, 100))
    twice = tuple(b"%d a record that is there twice" % number for number in range(3))
    logs = {"a.jsonl": twice, "b.jsonl": (b"3 one between",), "c.jsonl": twice}
    desk = Desk(tmp_path)
    files = desk.put(logs, is_open=False)
    expected = desk.run(stage, files)
    victim = desk.root / OUT / damaged
    victim.write_bytes(victim.read_bytes().replace(b"a", b"A", 1))
    assert desk.run(stage, files) == expected


def _stretches(logs: Logs) -> Counter[tuple[bytes, ...]]:
    found: Counter[tuple[bytes, ...]] = Counter()
    for records in logs.values():
        found.update(_stretches_of(records))
    return found


def _stretches_of(records: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    stretch: list[bytes] = []
    for record in records:
        stretch.append(record)
        if is_end(leaf_hash(record), len(record) + 1, segments.USUAL):
            yield tuple(stretch)
            stretch = []
    if stretch:
        yield tuple(stretch)


def _groups(logs: Logs) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for _, records in sorted(logs.items()):
        for record in records:
            if record[:1] != b"x":
                found.setdefault(record[:1], []).append(record)
    return found
