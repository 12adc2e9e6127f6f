"""`side_by_side`: what waits for what, what runs at once, and what a failure leaves."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from distill.receipts import ReceiptStore, Workspace
from distill.receipts.ledger.log import Ledger
from tests.conftest import REPOSITORY

STAGES = '''
"""Stages of a user, of which some can only end together."""
import os
import signal
import time
from pathlib import Path

from distill.errors import SourceError
from distill.receipts import InFile, InFiles, OutFile, with_receipt
from distill.receipts.incremental.worker_count import number_of_workers


@with_receipt(stage="first", version=1)
def first(logs: InFiles, out: OutFile) -> None:
    out.write_text("".join(log.read_text() for log in logs))


def meet(me: str, other: str) -> None:
    marks = Path(os.environ["MARKS"])
    (marks / me).touch()
    until = time.monotonic() + 60
    while not (marks / other).exists():
        if time.monotonic() > until:
            raise SourceError(f"{me} never met {other}", "run them at once")
        time.sleep(0.01)


@with_receipt(stage="left", version=1)
def left(read: InFile, out: OutFile, *, meets: bool) -> None:
    if meets:
        meet("left", "right")
    out.write_text(read.read_text().upper())


@with_receipt(stage="right", version=1)
def right(read: InFile, out: OutFile, *, meets: bool) -> None:
    if meets:
        meet("right", "left")
    out.write_text(read.read_text()[::-1])


def has_workers(number: int) -> None:
    if os.environ["DISTILL_WORKERS"] != "1":
        raise SourceError("it would read by several threads", "others work beside it")
    until = time.monotonic() + 60
    while number_of_workers() != number:
        if time.monotonic() > until:
            raise SourceError(f"{number_of_workers()} workers", f"wait for {number}")
        time.sleep(0.01)


@with_receipt(stage="short", version=1)
def short(read: InFile, out: OutFile) -> None:
    has_workers(2)
    meet("short", "long")
    out.write_text("")


@with_receipt(stage="long", version=1)
def long(read: InFile, out: OutFile) -> None:
    has_workers(1)
    meet("long", "short")
    has_workers(3)
    out.write_text("")


@with_receipt(stage="bad", version=1)
def bad(read: InFile, out: OutFile) -> None:
    raise SourceError("no such thing", "look elsewhere")


@with_receipt(stage="dies", version=1)
def dies(read: InFile, out: OutFile) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@with_receipt(stage="tells", version=1)
def tells(read: InFile, out: OutFile) -> None:
    print("on its way")
    out.write_text("")


@with_receipt(stage="interrupts", version=1)
def interrupts(read: InFile, out: OutFile) -> None:
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(240)
'''

DRIVER = """
import json
import sys
import threading
from pathlib import Path

from distill.errors import DistillError
from distill.receipts import side_by_side, trigger_scope
from stages import bad, dies, first, interrupts, left, long, right, short, tells

if __name__ == "__main__":
    flags = ("meets", "fails", "threads", "together")
    meets, fails, threads, together = (flag in sys.argv for flag in flags)
    if threads:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    calls = [
        left.later("data/first", "data/left", meets=meets),
        right.later("data/first", "data/right", meets=meets),
    ]
    if fails:
        calls.insert(0, left.later("data/bad", "data/after", meets=False))
        calls.insert(0, bad.later("data/first", "data/bad"))
    calls[:0] = [
        one.later("data/first", f"data/{one.stage}")
        for one in (dies, tells, interrupts, short, long)
        if one.stage in sys.argv
    ]
    calls.insert(0, first.later(sorted(Path("logs").iterdir()), "data/first"))
    try:
        with trigger_scope("cli"):
            outcomes = side_by_side(*calls) if together else [call() for call in calls]
        told = {"outcomes": [[one.receipt.claim.stage, one.status] for one in outcomes]}
    except DistillError as error:
        told = {"error": [type(error).__name__, error.message, error.hint]}
    except KeyboardInterrupt:
        told = {"error": ["KeyboardInterrupt"]}
    print(json.dumps(told))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with the stages and a script."""
    return make(tmp_path / "project")


def make(root: Path) -> Path:
    """Make a workspace with two logs."""
    for name, text in {
        "distill.toml": "",
        "stages.py": STAGES,
        "run.py": DRIVER,
        "logs/a": "one\n",
        "logs/b": "two\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def run(root: Path, *flags: str, workers: int = 2) -> dict[str, Any]:
    """Run the script; return what it told."""
    marks = root.with_name(f"{root.name}-marks")
    marks.mkdir(exist_ok=True)
    own = {"MARKS": str(marks), "DISTILL_WORKERS": str(workers), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "run.py", *flags],
        cwd=root,
        env={**os.environ, **own, "PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    *before, last = done.stdout.splitlines()
    assert before == ["on its way"] * flags.count("tells")
    told: dict[str, Any] = json.loads(last)
    return told


def claims(root: Path) -> dict[str, str]:
    """Return the claim of every stage's newest receipt, by stage."""
    store = ReceiptStore(Workspace(root))
    return {one.claim.stage: one.claim_digest.hex for one in store.current()}


@pytest.mark.parametrize("threads", [[], ["threads"]], ids=["forked", "spawned"])
def test_what_waits_for_nothing_runs_at_once(root: Path, threads: list[str]) -> None:
    """Two stages that wait for each other both end; what they read was made first."""
    ran = [["first", "ran"], ["left", "ran"], ["right", "ran"]]
    assert run(root, "together", "meets", *threads) == {"outcomes": ran}
    assert (root / "data/left").read_text() == "ONE\nTWO\n"
    assert (root / "data/right").read_text() == "\nowt\neno"
    receipts = ReceiptStore(Workspace(root)).current()
    assert {one.run.trigger.kind for one in receipts} == {"cli"}
    lines = Ledger(Workspace(root)).lines()
    assert len(lines) == 1 + 2 * 3  # the ledger's own, and each run begins and ends


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_claims_are_those_of_calls_one_after_another(
    root: Path, tmp_path: Path, workers: int
) -> None:
    """For any number of workers; and then nothing is left to do."""
    other = make(tmp_path / "other")
    run(other)
    run(root, "together", workers=workers)
    assert claims(root) == claims(other) != {}
    again = run(root, "together", workers=workers)["outcomes"]
    assert {status for _, status in again} == {"skipped"}


def test_calls_that_are_left_are_granted_the_workers_of_those_that_ended(root: Path) -> None:
    """Of three for two calls the first that began has two; the last call that runs has all."""
    told = run(root, "together", "short", "long", workers=3)
    assert [one for one, _ in told["outcomes"]] == ["first", "short", "long", "left", "right"]


def test_a_failure_is_told_and_what_waits_for_it_is_not_begun(root: Path) -> None:
    """Its own error comes back, with its hint; what it made of nothing is nowhere."""
    told = run(root, "together", "fails")
    assert told == {"error": ["SourceError", "no such thing", "look elsewhere"]}
    assert not (root / "data/bad").exists()
    assert not (root / "data/after").exists()
    assert run(root, "together")["outcomes"][0] == ["first", "skipped"]


@pytest.mark.parametrize("threads", [[], ["threads"]], ids=["forked", "spawned"])
def test_a_process_that_dies_is_told_as_such(root: Path, threads: list[str]) -> None:
    """Neither side waits for ever, and what ran beside it is whole."""
    told = run(root, "together", "dies", *threads)
    assert told["error"][0] == "ContractError"
    assert "ended before" in told["error"][1]
    assert not (root / "data/dies").exists()


def test_what_a_stage_prints_is_seen(root: Path) -> None:
    """Its process writes what waits in its buffers before it ends, and nobody writes it twice."""
    assert ["tells", "ran"] in run(root, "together", "tells")["outcomes"]


def test_who_is_interrupted_interrupts_the_calls(root: Path) -> None:
    """No process goes on for minutes behind the one that gave up."""
    begun = time.monotonic()
    assert run(root, "together", "interrupts") == {"error": ["KeyboardInterrupt"]}
    assert time.monotonic() - begun < 200
    assert not (root / "data/interrupts").exists()
