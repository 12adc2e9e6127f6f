"""Workers over pipes: what comes of jobs comes back, and whoever ends early is told of."""

import fcntl
import mmap
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from distill.errors import ConfigurationError, ContractError
from distill.receipts.incremental.pool import WorkerPool
from tests.conftest import REPOSITORY

SIZES = (10, 16 * 1024, 250 * 1024, 3 * 1024 * 1024)  # at hand in any pipe, in a wide one, in none


def _start(factor: int) -> Callable[[Any], Any]:
    """Return a worker's function: it repeats bytes, and makes calls."""

    def work(job: Any) -> Any:
        if isinstance(job, bytes):
            return job * factor
        return job()

    return work


class _FussyError(Exception):
    """An error that can be told to no other process: it does not come back from its own bytes."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def _fail() -> None:
    message = "of the job"
    raise ValueError(message)


def _fail_fussily() -> None:
    raise _FussyError("fussy", "indeed")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _meet(folder: Path) -> int:
    """Wait until two processes are here."""
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    return os.getpid()


def _repeat_later(content: bytes) -> bytes:
    time.sleep(0.005)  # meanwhile another job is given
    return content * 8


def _wait() -> None:
    threading.Event().wait()


def _late(*_: object) -> None:
    message = "nothing goes on any more"
    raise AssertionError(message)


@pytest.fixture
def _in_time() -> Iterator[None]:
    """Fail where everybody waits for each other."""
    former = signal.signal(signal.SIGALRM, _late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, former)


@pytest.fixture(params=[1, 4])
def depth(request: pytest.FixtureRequest) -> int:
    """How many jobs a worker has at hand."""
    return int(request.param)


@pytest.fixture
def pool(depth: int) -> Iterator[WorkerPool]:
    """Two workers; when it ends no process is left."""
    found = WorkerPool(2, _start, (2,), "fork", depth)
    yield found
    found.close()
    assert multiprocessing.active_children() == []


def test_jobs_and_results_that_fill_the_pipes_stop_nobody(pool: WorkerPool) -> None:
    """Small and large ones between each other, asked for in another order."""
    jobs = [bytes([n]) * SIZES[7 * n % 11 % 4] for n in range(64)]
    coming = [pool.submit(job) for job in jobs]
    for job, one in reversed(list(zip(jobs, coming, strict=True))):
        assert one.result() == job * 2


@pytest.mark.usefixtures("_in_time")
def test_who_is_interrupted_while_it_gives_waits_for_nobody() -> None:
    """The worker has half of a job, and would wait for the other half."""
    found = WorkerPool(1, _start, (1,), "fork", 1)
    [worker] = multiprocessing.active_children()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        found.submit(b"a" * SIZES[-1])
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(20)
    found.close()
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes have one size")
@pytest.mark.usefixtures("_in_time")
def test_pipes_of_two_pages_stop_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has many pipes is given such ones, and can't make them wider."""
    call = fcntl.fcntl

    def narrow(pipe: Any, what: int, *given: int) -> int:
        if what != fcntl.F_SETPIPE_SZ:
            return call(pipe, what, *given)
        call(pipe, what, 2 * mmap.PAGESIZE)
        raise PermissionError

    monkeypatch.setattr(fcntl, "fcntl", narrow)
    found = WorkerPool(2, _start, (1,), "fork", 4)
    try:
        coming = [found.submit(partial(_repeat_later, b"a" * 15_000)) for _ in range(32)]
        assert {len(one.result()) for one in coming} == {8 * 15_000}
    finally:
        found.close()


def test_all_workers_work_and_no_thread_stands_between(pool: WorkerPool, tmp_path: Path) -> None:
    """Two jobs wait for each other; and this process may be forked while they do."""
    threads = threading.active_count()
    coming = [pool.submit(partial(_meet, tmp_path)) for _ in range(2)]
    assert threading.active_count() == threads
    assert {one.result() for one in coming} == {int(one.name) for one in tmp_path.iterdir()}
    assert os.getpid() not in {one.result() for one in coming}


def test_an_error_is_raised_for_its_job_alone(pool: WorkerPool) -> None:
    """One that can't be sent is told of in words; so is a job that can't."""
    failing, fussy, unsendable = (pool.submit(one) for one in (_fail, _fail_fussily, lambda: None))
    well = pool.submit(b"a")
    with pytest.raises(ValueError, match="of the job"):
        failing.result()
    with pytest.raises(ContractError, match="_FussyError: fussy indeed"):
        fussy.result()
    with pytest.raises(Exception, match="local object"):
        unsendable.result()
    assert well.result() == b"aa"


def test_it_is_told_where_an_error_was_raised(pool: WorkerPool) -> None:
    """Its traceback stays in the worker; `distill run -v` prints the note."""
    with pytest.raises(ValueError, match="of the job") as found:
        pool.submit(_fail).result()
    [note] = found.value.__notes__
    assert "in _fail\n" in note


def test_a_worker_that_has_no_function_says_why(capfd: pytest.CaptureFixture[str]) -> None:
    """As this process would: it is no worker that ended early."""

    def start() -> Callable[[Any], Any]:
        raise ConfigurationError("no model lies there", "name another")

    found = WorkerPool(2, start, (), "fork", 4)
    coming = [found.submit(b"a") for _ in range(4)]
    for one in coming:
        with pytest.raises(ConfigurationError, match="no model lies there") as raised:
            one.result()
        assert raised.value.hint == "name another"
    found.close()
    assert capfd.readouterr().err == ""


def test_a_worker_that_ends_early_is_told_of(pool: WorkerPool) -> None:
    """However much is asked of the others meanwhile."""
    with pytest.raises(ContractError, match="a worker process ended before its work was done"):
        [one.result() for one in [pool.submit(job) for job in (_die, b"a", b"a")]]


def test_who_works_on_what_nobody_asks_for_is_ended(pool: WorkerPool) -> None:
    """The fixture closes the pool and finds no process."""
    pool.submit(_wait)
    assert pool.submit(b"a").result() == b"aa"


UNCLOSED = """
from distill.receipts.incremental.pool import WorkerPool

def work():
    pool = WorkerPool(2, lambda: abs, (), "fork", 4)
    assert pool.submit(-1).result() == 1
    raise ValueError("of the program")

work()
"""


def test_a_program_that_fails_does_not_wait_for_its_workers() -> None:
    """Python keeps the traceback of the error, and so the pool; the library waits at its end."""
    found = subprocess.run(
        [sys.executable, "-c", UNCLOSED],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert found.stderr.endswith(b"ValueError: of the program\n")
