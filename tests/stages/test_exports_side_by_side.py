"""The exports run in processes of their own: what comes out, and what a failure or a kill does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from distill.cli.main import main
from distill.errors import ContractError
from distill.receipts import Outcome
from distill.receipts.incremental.worker_count import WORKERS
from distill.stages import pipeline
from distill.stages.pipeline import EXPORTS, STAGES, Stage, run_stages
from distill.stages.progress import SILENT, Bar
from distill.workspace.project import Project
from distill.workspace.redaction_key import KEY_FILE
from tests.conftest import REPOSITORY
from tests.processes import is_running, until
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

LOGS = {
    "logs/a.jsonl": lines(
        row(f"t{n // 2}", f"answer {n} to mail@example{n}.net", passed=n % 3 > 0) for n in range(40)
    )
}
NAMES = [stage.name for stage in EXPORTS]


class Process:
    """Progress that writes down which stage began in which process.

    ``meets``: none goes on before two have begun.
    """

    def __init__(self, place: Path, *, meets: bool = False) -> None:
        self.place = place
        self.meets = meets

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Bar]:
        """Write a line."""
        with self.place.open("a", encoding="utf-8") as file:
            file.write(f"{name} {os.getpid()}\n")
        if self.meets:
            until(lambda: len(self.told()) > 1)
        with SILENT.stage(name, total) as bar:
            yield bar

    beside = staticmethod(SILENT.beside)

    def told(self) -> dict[str, int]:
        """Return the processes of the exports, in the order in which they began."""
        pairs = (line.split() for line in self.place.read_text(encoding="utf-8").splitlines())
        return {name: int(pid) for name, pid in pairs if name in NAMES}


@pytest.fixture(autouse=True)
def _always_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(pipeline, "WORTH_IMPORTS", 0)
    monkeypatch.setenv(WORKERS, "2")
    monkeypatch.syspath_prepend(REPOSITORY)  # processes that are started anew import this package


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace whose evidence is there and scored."""
    made = make_workspace(tmp_path / "together", MAPPED + VERDICT, LOGS)
    run_stages(made, STAGES[:2])
    return made


def contents(project: Project) -> dict[str, bytes]:
    """Return what the exports wrote, by path."""
    places = [*(project.root / "exports").rglob("*"), *(project.root / "quarantine").rglob("*")]
    return {
        str(place.relative_to(project.root)): place.read_bytes()
        for place in places
        if place.is_file()
    }


def claims(outcomes: list[Outcome]) -> list[str]:
    """Return the digests of the claims."""
    return [outcome.receipt.claim_digest.hex for outcome in outcomes]


def test_each_runs_in_a_process_of_its_own_with_the_same_result(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once, the longest first; outputs and claims are those of one after another."""
    told = Process(tmp_path / "processes", meets=True)
    ended: list[str] = []

    def done(stage: Stage, _: Outcome) -> None:
        ended.append(stage.name)

    together = run_stages(project, EXPORTS, progress=told, done=done)
    began = told.told()
    assert set(began) == set(ended) == set(NAMES)
    assert ended == NAMES
    first, second, last = began
    assert {first, second} == {"export_preference", "export_rag"}
    # Where both ended at the same moment nothing runs beside the last, which needs no process then.
    assert last == "export_sft"
    assert os.getpid() not in (began[first], began[second])
    assert began[first] != began[second]

    monkeypatch.setenv(WORKERS, "1")
    other = make_workspace(tmp_path / "serial", MAPPED + VERDICT, LOGS)
    (other.root / KEY_FILE).parent.mkdir()
    (other.root / KEY_FILE).write_bytes((project.root / KEY_FILE).read_bytes())
    in_turn = Process(tmp_path / "process")
    serial = run_stages(other, STAGES, progress=in_turn)[2:]
    assert in_turn.told() == dict.fromkeys(NAMES, os.getpid())
    assert list(in_turn.told()) == NAMES
    assert contents(other) == contents(project)
    assert any(b"<email:" in content for content in contents(project).values())
    assert claims(serial) == claims(together)

    again = run_stages(project, EXPORTS, progress=told)
    assert [one.status for one in again] == ["skipped"] * 3
    assert told.told() == began


@pytest.mark.parametrize("broken", [NAMES[:1], NAMES[1:], NAMES[::2]])
def test_a_failure_keeps_no_other_back_and_the_first_in_order_is_told(
    project: Project, broken: list[str]
) -> None:
    """The others are made and told of; then the run fails as it does one after another."""
    stages = [_broken(stage) if stage.name in broken else stage for stage in EXPORTS]
    ended: list[str] = []
    with pytest.raises(ContractError, match=f"and not {broken[0]}\n"):
        run_stages(project, stages, done=lambda stage, _: ended.append(stage.name))
    assert ended == [name for name in NAMES if name not in broken]
    statuses = {one.receipt.claim.stage: one.status for one in run_stages(project, EXPORTS)}
    assert {name for name, status in statuses.items() if status == "ran"} == set(broken)


def _broken(stage: Stage) -> Stage:
    """Return an export that fails when its function is called."""

    def arguments(project: Project) -> dict[str, object]:
        return {**stage.arguments(project), "redaction": stage.name}

    return replace(stage, arguments=arguments)


def test_the_command_ends_alike_for_any_number_of_workers(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message, one hint, one exit code."""
    _block(project, "rag")
    ends = []
    for workers in ("2", "1"):
        monkeypatch.setenv(WORKERS, workers)
        code = main(["export-all", "--workspace", str(project.root)])
        ends.append((code, capsys.readouterr().err))
    assert ends[0] == ends[1]
    assert ends[0][0] == ContractError.exit_code


def _block(project: Project, name: str) -> None:
    """Let an export fail: a link lies where a file of it goes."""
    place = project.root / f"quarantine/export_{name}.jsonl"
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(project.root / "distill.toml")


SLOW = """
import os, sys, time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from distill.stages import pipeline
from distill.workspace.project import open_workspace

class Slow:
    @contextmanager
    def stage(self, name, total):
        Path(sys.argv[2], name).write_text(str(os.getpid()))
        time.sleep(600)
        yield
    @contextmanager
    def beside(self):
        yield

pipeline.WORTH_PROCESSES = 0
pipeline.run_stages(open_workspace(Path(sys.argv[1])), pipeline.EXPORTS, progress=Slow())
"""


def test_nobody_works_on_for_a_run_that_was_killed(project: Project, tmp_path: Path) -> None:
    """The exports' processes end with it, and the next run has nothing to wait for."""
    marks = tmp_path / "marks"
    marks.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(project.root), str(marks)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    until(lambda: len([mark for mark in marks.iterdir() if mark.read_text()]) == 2)
    exports = [int(mark.read_text()) for mark in marks.iterdir()]
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not any(is_running(one) for one in exports))
    assert [one.status for one in run_stages(project, EXPORTS)] == ["ran"] * 3
    other = make_workspace(tmp_path / "other", MAPPED + VERDICT, LOGS)
    (other.root / KEY_FILE).parent.mkdir()
    (other.root / KEY_FILE).write_bytes((project.root / KEY_FILE).read_bytes())
    run_stages(other, STAGES)
    assert contents(other) == contents(project)
