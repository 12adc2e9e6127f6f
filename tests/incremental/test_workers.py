"""Workers: when they are hired and how many, and that results come in order."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from distill.errors import ContractError
from distill.receipts.incremental import worker_count, workers
from distill.receipts.incremental.worker_count import WORKERS, Grant
from distill.receipts.incremental.workers import WORTH_WORKERS, Known, in_order
from distill.stages.pipeline import build_evidence_index
from tests.conftest import REPOSITORY
from tests.workspaces import MAPPED, VERDICT, counts, lines, make_workspace, row

JOBS = [(number, WORTH_WORKERS) for number in range(6)]


@pytest.fixture
def hired(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of two workers that there are, how many were hired, each time that some were."""
    found: list[int] = []
    own = workers.hire

    def hire(number: int, *given: Any) -> Any:
        found.append(number)
        return own(number, *given)

    monkeypatch.setattr(workers, "hire", hire)
    monkeypatch.setenv(WORKERS, "2")
    return found


def test_flows_that_work_at_once_share_the_workers(hired: list[int]) -> None:
    """Whoever comes first has all of them, others one each; what ended is given back."""
    both = [in_order(attrgetter, ("real",), JOBS) for _ in range(2)]
    found = list(zip(*both, strict=True))
    assert found == [(number, number) for number, _ in JOBS]
    assert hired == [2, 1]
    assert list(in_order(attrgetter, ("real",), JOBS)) == [number for number, _ in JOBS]
    assert hired == [2, 1, 2]


def test_workers_that_are_granted_meanwhile_are_hired(
    hired: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before was done here, and the order stays."""
    grant = Grant(1)
    monkeypatch.setattr(worker_count, "_granted", grant)

    def jobs() -> Iterator[tuple[int, int]]:
        for job in JOBS:
            if job[0] == 3:
                assert hired == []
                grant.number = 2
            yield job

    assert list(in_order(attrgetter, ("real",), jobs())) == [number for number, _ in JOBS]
    assert hired == [2]


def test_a_grant_is_told_to_processes_that_were_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is made after the fork; a byte holds 255."""
    grant = Grant(1)
    monkeypatch.setattr(worker_count, "_granted", grant)
    (ask, tell), (asked, told) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        for _ in range(2):
            os.read(ask, 1)
            os.write(told, bytes([worker_count.number_of_workers()]))
        os._exit(0)
    found: list[int] = []
    for number in (2, 1000):
        grant.number = number
        os.write(tell, b".")
        found += os.read(asked, 1)
    os.waitpid(child, 0)
    for descriptor in (ask, tell, asked, told):
        os.close(descriptor)
    assert found == [2, 255]


def test_workers_that_could_not_be_hired_are_given_back(
    hired: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that goes on after the error has all of them again."""
    with monkeypatch.context() as full:
        full.setattr(os, "fork", _refuse)
        with pytest.raises(ContractError):
            list(in_order(attrgetter, ("real",), JOBS))
    assert list(in_order(attrgetter, ("real",), JOBS)) == [number for number, _ in JOBS]
    assert hired == [2, 2]


FULL_DISK = """
import errno, multiprocessing, os
from pathlib import Path
from distill.receipts import Workspace, workspace_scope
from distill.receipts import with_receipt_per_group, with_receipt_per_record
from distill.receipts.incremental import shard_file, workers

def fail(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

@with_receipt_per_record(stage="copied", version=1)
def copied(record: bytes):
    return record

def name_of(record: bytes):
    return record.decode()

@with_receipt_per_group(stage="joined", version=1, key=name_of)
def joined(name, records: list[bytes]):
    return records

if __name__ == "__main__":
    workers.WORTH_WORKERS = 0
    shard_file.SummedFile.flush = fail
    with workspace_scope(Workspace(Path.cwd())):
        try:
            FORM(read="a.jsonl", write="out")
        except OSError:
            print(multiprocessing.active_children())
            raise
"""


@pytest.mark.parametrize("form", ["copied", "joined"])
def test_a_script_ends_with_its_error(form: str, tmp_path: Path) -> None:
    """Python keeps the traceback of the error, which holds what would still be computed."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "a.jsonl").write_text("".join(f"{n:0100}\n" for n in range(3000)))
    (tmp_path / "script.py").write_text(FULL_DISK.replace("FORM", form), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), WORKERS: "2"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, b"[]\n")
    assert found.stderr.endswith(b"No space left on device\n")


def _refuse() -> int:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def test_a_little_is_done_here_and_the_rest_by_workers_in_order(hired: list[int]) -> None:
    """Jobs wait until they are worth while; results that are known stand between them."""
    little = [(number, WORTH_WORKERS // 4) for number in range(3)]
    assert list(in_order(attrgetter, ("real",), little)) == [0, 1, 2]
    assert hired == []
    mixed: list[Any] = [Known(-1), *little, Known(-2), *JOBS, Known(-3)]
    found = list(in_order(attrgetter, ("real",), mixed))
    assert found == [-1, 0, 1, 2, -2, *(number for number, _ in JOBS), -3]
    assert hired == [2]


def test_the_files_of_a_source_are_read_by_the_same_workers(
    hired: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small each of them is; and what comes out is what one process makes."""
    logs = {
        f"logs/{n}.jsonl": lines(row(f"t{n}-{m}", f"answer {n}-{m}") for m in range(5 * (n % 3)))
        for n in range(8)
    }
    monkeypatch.setattr(workers, "WORTH_WORKERS", sum(map(len, logs.values())) // 2)
    project = make_workspace(tmp_path / "two", MAPPED + VERDICT, logs)
    together = build_evidence_index(project)
    assert hired == [2]
    monkeypatch.setenv(WORKERS, "1")
    alone = build_evidence_index(make_workspace(tmp_path / "one", MAPPED + VERDICT, logs))
    assert alone.receipt.claim_digest == together.receipt.claim_digest
    assert counts(alone)["runs"] == 35


class _Asked:
    """Stands for workers, and for what comes of a job that one of them was given."""

    def __init__(self, job: int = 0) -> None:
        self._job = job

    def submit(self, job: int) -> "_Asked":
        """Take a job."""
        return _Asked(job)

    def result(self) -> int:
        """Return what came of it."""
        return self._job

    def close(self) -> None:
        """Nothing was started."""


@pytest.mark.parametrize("forks", [True, False])
def test_what_all_workers_need_is_imported_before_they_are_forked(
    monkeypatch: pytest.MonkeyPatch, *, forks: bool
) -> None:
    """Once, and only where they are: little is done without it, and others import it themselves."""
    seen: list[str] = []
    monkeypatch.setenv(WORKERS, "2")
    monkeypatch.setattr(workers, "may_fork", lambda: forks)

    def before() -> None:
        seen.append("imported")

    def hire(*_: object) -> _Asked:
        seen.append("hired")
        return _Asked()

    monkeypatch.setattr(workers, "hire", hire)

    little = [(number, WORTH_WORKERS // 4) for number in range(3)]
    assert list(in_order(attrgetter, ("real",), little, before=before)) == [0, 1, 2]
    assert seen == []
    assert list(in_order(attrgetter, ("real",), JOBS, before=before)) == [n for n, _ in JOBS]
    assert seen == (["imported", "hired"] if forks else ["hired"])
