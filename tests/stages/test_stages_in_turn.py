"""Stages over much are run one after the other, each in a process of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from distill.errors import ContractError
from distill.receipts import Outcome, store
from distill.receipts.clock import moment_ns
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental import workers
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import Receipt
from distill.stages import pipeline
from distill.stages.pipeline import EXPORTS, STAGES, Stage, run_stages
from distill.stages.progress import SILENT, Bar
from distill.workspace.project import Project
from distill.workspace.redaction_key import KEY_FILE
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made elsewhere on Linux alone")

LOGS = {
    f"logs/{name}.jsonl": lines(
        row(f"t{n // 2}", f"answer {n} to {name}@example{n}.net", passed=n % 3 > 0)
        for n in range(40)
    )
    for name in "ab"
}
NAMES = [stage.name for stage in STAGES]


class Process:
    """Progress that writes down which stage ran in which process."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.touch()

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Bar]:
        """Write a line when it begins, and one when it ends."""
        self._tell(f"{name} begins {os.getpid()}\n")
        with SILENT.stage(name, total) as bar:
            yield bar
        self._tell(f"{name} ends {os.getpid()}\n")

    beside = staticmethod(SILENT.beside)

    def told(self) -> list[tuple[str, str, int]]:
        """Return name, what happened, and the process."""
        told = (line.split() for line in self.place.read_text(encoding="utf-8").splitlines())
        return [(name, what, int(pid)) for name, what, pid in told]

    def _tell(self, line: str) -> None:
        with self.place.open("a", encoding="utf-8") as file:
            file.write(line)


@pytest.fixture(autouse=True)
def _always_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MUCH", 0)
    monkeypatch.setattr(pipeline, "MANY", 0)
    monkeypatch.setattr(workers, "WORTH_WORKERS", 0)
    monkeypatch.setenv(WORKERS, "2")
    # A thread that another test left, or the one that runs the tests has, forbids no fork here.
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace with logs that nothing was made of."""
    return make_workspace(tmp_path / "in turn", MAPPED + VERDICT, LOGS)


def contents(project: Project) -> dict[str, bytes]:
    """Return all that the stages wrote, by path."""
    tops = ("data", "exports", "quarantine")
    places = [place for top in tops for place in (project.root / top).rglob("*")]
    return {
        str(place.relative_to(project.root)): place.read_bytes()
        for place in places
        if place.is_file()
    }


def test_each_has_a_process_and_the_result_is_that_of_one(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time, told of in order; outputs and claims are those of one process for all."""
    progress, ended = Process(tmp_path / "told"), list[str]()

    def done(stage: Stage, _: Outcome) -> None:
        ended.append(stage.name)

    outcomes = run_stages(project, STAGES, progress=progress, done=done)
    told = progress.told()
    assert ended == NAMES
    assert [(name, what) for name, what, _ in told] == [
        (name, what) for name in NAMES for what in ("begins", "ends")
    ]
    pids = {name: pid for name, _, pid in told}
    assert len(set(pids.values()) | {os.getpid()}) == len(NAMES) + 1

    monkeypatch.setenv(WORKERS, "1")
    other = make_workspace(tmp_path / "in one", MAPPED + VERDICT, LOGS)
    (other.root / KEY_FILE).parent.mkdir()
    (other.root / KEY_FILE).write_bytes((project.root / KEY_FILE).read_bytes())
    alone = Process(tmp_path / "alone")
    same = run_stages(other, STAGES, progress=alone)
    assert {pid for _, _, pid in alone.told()} == {os.getpid()}
    assert contents(other) == contents(project)
    assert [one.receipt.claim_digest for one in same] == [
        one.receipt.claim_digest for one in outcomes
    ]


def test_what_is_there_is_skipped(project: Project, tmp_path: Path) -> None:
    """Another process says so, and none of the stages' functions runs."""
    run_stages(project, STAGES)
    progress = Process(tmp_path / "told")
    assert {one.status for one in run_stages(project, STAGES, progress=progress)} == {"skipped"}
    assert progress.told() == []


def test_what_all_need_is_imported_once_where_a_log_was_written_to(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first process is forked; not where every log is known, so that all may be done."""
    now = moment_ns()
    monkeypatch.setattr("distill.receipts.stat_cache.moment_ns", lambda: now + 3600 * 10**9)
    asked: list[tuple[Path, int]] = []
    kept: list[int] = []

    def note(root: Path) -> None:
        asked.append((root, os.getpid()))

    monkeypatch.setattr(pipeline, "_import_for_all", note)
    monkeypatch.setattr(pipeline, "keep_freed", lambda: kept.append(os.getpid()))
    run_stages(project, STAGES)
    assert asked == [(project.root, os.getpid())]
    assert kept == [os.getpid()]
    run_stages(project, STAGES)
    assert len(asked) == len(kept) == 1
    with (project.root / "logs/a.jsonl").open("ab") as log:
        log.write(lines([row("new", "another answer", passed=True)]))
    run_stages(project, STAGES)
    assert len(asked) == 2


def test_what_was_there_before_is_parsed_by_one_process(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are copies of it: they read the bytes of each receipt and know what it says."""
    run_stages(project, STAGES)
    before = {digest_bytes(receipt.content).hex for receipt in project.receipts.current()}
    told = tmp_path / "parsed"

    def note(content: bytes) -> Receipt:
        with told.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {digest_bytes(content).hex}\n")
        return read_receipt(content)

    monkeypatch.setattr(store, "read_receipt", note)
    store._kept.clear()
    with (project.root / "logs/a.jsonl").open("ab") as log:
        log.write(lines([row("new", "another answer", passed=True)]))
    run_stages(project, STAGES)
    parsed = [line.split() for line in told.read_text(encoding="utf-8").splitlines()]
    assert {pid for pid, digest in parsed if digest in before} == {str(os.getpid())}
    assert {pid for pid, digest in parsed if digest not in before} > {str(os.getpid())}


def test_what_is_imported_for_all_is_what_their_processes_would_import(tmp_path: Path) -> None:
    """Numpy and git are there; git is not where neither workspace nor code lie in a checkout."""
    code = (
        "import sys; from pathlib import Path; from distill.stages import pipeline\n"
        "pipeline.__file__ = sys.argv[2]\n"
        "assert not {'git', 'numpy'} & sys.modules.keys()\n"
        "pipeline._import_for_all(Path(sys.argv[1]))\n"
        "print(*sorted({'git', 'numpy'} & sys.modules.keys()))\n"
    )
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / ".git").mkdir(parents=True)
    outside.mkdir()

    def imported(root: Path, own: Path, **others: str) -> str:
        environment = {**os.environ, **others}
        command = [sys.executable, "-c", code, str(root), str(own / "pipeline.py")]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout.strip()

    assert imported(inside, outside) == imported(outside, inside) == "git numpy"
    assert imported(outside, outside) == "numpy"
    assert imported(inside, outside, PATH=str(outside)) == "numpy"  # there is no git


def test_a_failure_is_that_of_its_stage_and_ends_the_run(project: Project) -> None:
    """Those before it are done and told of; none behind it begins."""
    run_stages(project, STAGES[:2])
    ended: list[str] = []
    stages = [EXPORTS[0], _broken(EXPORTS[1]), EXPORTS[2]]
    with pytest.raises(ContractError, match=f"and not {EXPORTS[1].name}\n"):
        run_stages(project, stages, done=lambda stage, _: ended.append(stage.name))
    assert ended == [EXPORTS[0].name]
    assert project.receipts.newest(EXPORTS[2].name) is None


def _broken(stage: Stage) -> Stage:
    """Return an export that fails when its function is called."""

    def arguments(project: Project) -> dict[str, object]:
        return {**stage.arguments(project), "redaction": stage.name}

    return replace(stage, arguments=arguments)


def test_little_is_done_in_this_process(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs that have fewer bytes are no reason for a process."""
    size = sum(map(len, LOGS.values()))
    progress = Process(tmp_path / "told")
    monkeypatch.setattr(pipeline, "MUCH", size + 1)
    run_stages(project, STAGES[:1], progress=progress)
    assert {pid for _, _, pid in progress.told()} == {os.getpid()}


def test_exports_of_few_runs_are_not_in_turn(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the logs are; here they are too short for processes side by side."""
    monkeypatch.setattr(pipeline, "MANY", 1 << 40)
    progress = Process(tmp_path / "told")
    run_stages(project, STAGES, progress=progress)
    pids = {name: pid for name, _, pid in progress.told()}
    assert [pids[name] == os.getpid() for name in NAMES] == [False, False, True, True, True]
