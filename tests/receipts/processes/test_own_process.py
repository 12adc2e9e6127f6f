"""A call in a process of its own: its end is told, and it does not outlive who asked for it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from distill.errors import ContractError, SourceError
from distill.receipts import Outcome, Workspace, workspace_scope
from distill.receipts.digest import digest_bytes
from distill.receipts.incremental import segments
from distill.receipts.incremental.cuts import cuts
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.incremental.workers import in_order, may_fork
from distill.receipts.outcome import Stored
from distill.receipts.processes.own_process import in_own_process, may_be_elsewhere
from distill.receipts.processes.travelling import traced
from distill.receipts.watching import Watch, watched
from tests.conftest import REPOSITORY
from tests.processes import is_running, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made elsewhere on Linux alone")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path)


def outcome(workspace: Workspace, reason: str) -> Outcome:
    """An outcome that says something."""
    digest = digest_bytes(reason.encode())
    return Outcome("ran", reason, Stored(workspace, digest), digest, ("a",), ("b", "c"))


def test_the_outcome_is_that_of_the_call_and_the_process_another(workspace: Workspace) -> None:
    """Everything that an outcome says comes back; `meanwhile` is called in the first process."""
    looks: list[int] = []
    with workspace_scope(workspace):
        found = in_own_process(
            lambda: outcome(workspace, f"made in {os.getpid()}"),
            lambda: looks.append(os.getpid()),
        )
    assert found == outcome(workspace, found.reason)
    assert found.reason.startswith("made in ")
    assert found.reason != f"made in {os.getpid()}"
    assert set(looks) == {os.getpid()}


def test_how_files_are_cut_is_known_to_the_next_process(workspace: Workspace) -> None:
    """What a call wrote the next one reads: no file is cut twice, and no more is kept than that."""
    first, other = (segments.Segments.of(segments.cut([line])) for line in (b"a\n", b"b\n"))

    def write() -> Outcome:
        cuts.keep("a", first)
        return outcome(workspace, "written")

    def read() -> Outcome:
        found = outcome(workspace, str(cuts.of("a")))
        cuts.take_over({})
        cuts.keep("b", other)
        return found

    with workspace_scope(workspace):
        in_own_process(write)
        assert in_own_process(read).reason == str(first)
    assert (cuts.of("a"), cuts.of("b")) == (None, other)


def test_it_may_have_workers(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is forked without a thread, so it forks in its turn."""
    monkeypatch.setenv(WORKERS, "2")

    def call() -> Outcome:
        jobs = [(number, 1) for number in range(4)]
        pids = set(in_order(lambda: lambda _: os.getpid(), (), jobs, worth=0))
        return outcome(workspace, f"{may_fork()} {os.getpid() in pids}")

    with workspace_scope(workspace):
        assert in_own_process(call).reason == "True False"


def test_whoever_started_us_may_ignore_the_end_of_children(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is inherited, and nobody can wait for a child then."""
    monkeypatch.setenv(WORKERS, "2")

    def call() -> Outcome:
        return outcome(workspace, str(list(in_order(lambda: abs, (), [(-1, 1), (2, 1)], worth=0))))

    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with workspace_scope(workspace):
            assert in_own_process(call).reason == "[1, 2]"
    finally:
        signal.signal(signal.SIGCHLD, former)


def test_what_the_call_raises_is_raised(workspace: Workspace) -> None:
    """The same error, message and hint; one that can't travel is named."""

    class Local(Exception):  # noqa: N818 - of no module: it can't travel
        pass

    def fail(error: Exception) -> Outcome:
        raise error

    with workspace_scope(workspace):
        with pytest.raises(SourceError, match="no such log") as found:
            in_own_process(lambda: fail(SourceError("no such log", "look for it")))
        assert found.value.hint == "look for it"
        assert "in fail\n" in found.value.__notes__[-1]
        with pytest.raises(ContractError, match="Local: of its own"):
            in_own_process(lambda: fail(Local("of its own")))


def test_to_tell_where_an_error_was_raised_reads_nothing_for_the_stage(tmp_path: Path) -> None:
    """Its lines may come out of a file that the stage has not declared."""
    place = tmp_path / "steps.txt"
    place.write_text("raise ValueError('of the code')", encoding="utf-8")
    code = compile(place.read_text(encoding="utf-8"), place, "exec")
    with watched(Watch("stage", (str(tmp_path),), frozenset(), ())):
        try:
            exec(code)  # noqa: S102 - ours
        except ValueError as error:
            found = traced(error)
    assert "steps.txt" in found.__notes__[0]
    assert "raise ValueError('of the code')" in found.__notes__[0]


def test_a_process_that_is_killed_is_an_error(workspace: Workspace) -> None:
    """As where the system has no memory left."""

    def die() -> Outcome:
        os.kill(os.getpid(), signal.SIGKILL)
        return outcome(workspace, "never")

    with (
        workspace_scope(workspace),
        pytest.raises(ContractError, match="ended before its work was done"),
    ):
        in_own_process(die)


def test_who_is_interrupted_interrupts_it(workspace: Workspace, tmp_path: Path) -> None:
    """It cleans up as it would have here, and is waited for."""
    mark = tmp_path / "mark"

    def call() -> Outcome:
        try:
            mark.write_text("begun")
            time.sleep(600)
        finally:
            mark.write_text("cleaned up")
        return outcome(workspace, "never")

    def interrupt() -> None:
        if mark.exists() and mark.read_text() == "begun":
            raise KeyboardInterrupt

    with workspace_scope(workspace), pytest.raises(KeyboardInterrupt):
        in_own_process(call, interrupt)
    assert mark.read_text() == "cleaned up"


def test_it_ends_where_interrupts_are_ignored(workspace: Workspace, tmp_path: Path) -> None:
    """Who runs under nohup does not wait for a call whose outcome nobody wants."""
    mark = tmp_path / "mark"

    def call() -> Outcome:
        mark.touch()
        time.sleep(60)
        return outcome(workspace, "never")

    def fail() -> None:
        if mark.exists():
            raise BrokenPipeError

    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    began = time.monotonic()
    try:
        with workspace_scope(workspace), pytest.raises(BrokenPipeError):
            in_own_process(call, fail)
    finally:
        signal.signal(signal.SIGINT, former)
    assert time.monotonic() - began < 60, "it was waited for"


@pytest.mark.parametrize(("workers", "may"), [("1", False), ("2", True)])
def test_one_worker_is_one_process(
    monkeypatch: pytest.MonkeyPatch, workers: str, *, may: bool
) -> None:
    """Nothing is forked where one process is asked for."""
    monkeypatch.setenv(WORKERS, workers)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert may_be_elsewhere() is may


def started(code: str, mark: Path, stderr: int | None = None) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, which is given a file that it may write to."""
    mark.touch()
    return subprocess.Popen(
        [sys.executable, "-c", code, str(mark)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=stderr,
        start_new_session=True,
    )


WAITING = """
import os, sys, time
from pathlib import Path
from distill.receipts.processes.own_process import in_own_process

def call():
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(600)

in_own_process(call)
"""


def test_it_ends_with_the_process_that_asked_for_it(tmp_path: Path) -> None:
    """Nobody would wait for what it does, and the next run would wait for its lock."""
    mark = tmp_path / "pid"
    process = started(WAITING, mark)
    until(lambda: bool(mark.read_text()))
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not is_running(int(mark.read_text())))


CLEANING_UP = """
import sys, time
from pathlib import Path
from distill.receipts.processes.own_process import in_own_process

mark = Path(sys.argv[1])

def call():
    try:
        mark.write_text("begun")
        time.sleep(600)
    finally:
        for _ in range(20):
            time.sleep(0.01)
        mark.write_text("cleaned up")

in_own_process(call)
"""


def test_a_terminal_interrupts_it_once(tmp_path: Path) -> None:
    """Both processes are, and the first interrupts the other again: it is cleaning up by then."""
    mark = tmp_path / "mark"
    process = started(CLEANING_UP, mark, stderr=subprocess.PIPE)
    until(lambda: mark.read_text() == "begun")
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert mark.read_text() == "cleaned up"
    assert told.endswith(b"KeyboardInterrupt\n")
