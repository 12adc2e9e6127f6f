"""Runs that are killed at random moments, and runs at once: the end is that of one quiet run."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from distill.receipts.digest import digest_file
from distill.receipts.verify import VerificationRequest, verify_workspace
from tests.processes import is_running, until

from .children import Pipeline, kill

KILLS = 6
FULL_KILLS = 200


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline that ran once, and whose logs were edited since; to be copied and not touched."""
    made = Pipeline.make(tmp_path_factory.mktemp("pipeline") / "edited")
    assert set(made.statuses().values()) == {"ran"}
    made.edit()
    return made


@pytest.fixture(scope="module")
def quiet(edited: Pipeline) -> tuple[Pipeline, float]:
    """The same after an undisturbed run, and how many seconds that took."""
    made = edited.copy(edited.root.parent / "quiet")
    began = time.monotonic()
    assert set(made.statuses().values()) == {"ran"}
    return made, time.monotonic() - began


def assert_same_end(found: Pipeline, quiet: Pipeline) -> None:
    """Outputs, claims, ledger and files are those of the quiet run, and all of it verifies."""
    assert found.outputs() == quiet.outputs()
    assert found.claims() == quiet.claims()
    assert found.files() == quiet.files()
    for kept in (found.root / "data/objects").iterdir():  # what `distill prune` names one day
        assert digest_file(kept).hex == kept.name
    report = verify_workspace(found.workspace, VerificationRequest(is_deep=True))
    assert report.faults == ()


def test_a_kill_at_any_moment_is_made_good_by_a_plain_rerun(
    edited: Pipeline, quiet: tuple[Pipeline, float], tmp_path: Path, is_full_run: bool
) -> None:
    """Record stage, group stage and plain stage, with workers: kill -9, then run again."""
    reference, seconds = quiet
    draw = random.Random(7)  # noqa: S311 - moments, no secrets
    kills = 0
    for number in range(FULL_KILLS if is_full_run else KILLS):
        killed = edited.copy(tmp_path / str(number))
        process = killed.start()
        time.sleep(draw.uniform(0.1, 1.0) * seconds)
        kills += kill(process)
        assert set(killed.statuses().values()) <= {"ran", "skipped"}
        assert_same_end(killed, reference)
        assert set(killed.statuses().values()) == {"skipped"}
    assert kills > 0


@pytest.mark.parametrize("built", [False, True], ids=["cold", "edited"])
def test_of_four_processes_at_once_one_computes(
    built: bool, edited: Pipeline, quiet: tuple[Pipeline, float], tmp_path: Path
) -> None:
    """All end well, with the same receipts; each stage runs in one of them."""
    together = edited.copy(tmp_path / "x") if built else Pipeline.make(tmp_path / "x")
    processes = [together.start() for _ in range(4)]
    answers = [together.finish(process) for process in processes]
    for stage in ("widen", "place", "group", "tally"):
        told: Sequence[dict[str, str]] = [answer[stage] for answer in answers]
        assert sorted(one["status"] for one in told) == ["ran", "skipped", "skipped", "skipped"]
        assert len({one["digest"] for one in told}) == 1
    if built:
        assert_same_end(together, quiet[0])


def test_nobody_works_on_for_a_run_that_is_gone(tmp_path: Path) -> None:
    """The workers of a killed run end, and hold no lock that the next run would wait for."""
    made = Pipeline.make(tmp_path / "x")
    pipeline = made.root / "flowlib/pipeline.py"
    text = pipeline.read_text()
    pipeline.write_text(text.replace("    _count()\n", "    __import__('time').sleep(0.05)\n", 1))
    process = made.start()
    while not (workers := _children(process.pid)):
        assert process.poll() is None
        time.sleep(0.01)
    kill(process)
    pipeline.write_text(text)
    assert set(made.statuses().values()) == {"ran"}
    until(lambda: not any(is_running(pid) for pid in workers))


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(one) for one in text.split()]
