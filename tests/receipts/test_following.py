"""Outputs are summed up while they are written, and nothing is believed of what changed since."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from distill.receipts import ReceiptStore, Workspace
from distill.receipts.digest import fingerprint_file
from distill.receipts.following import following
from tests.conftest import REPOSITORY

STAGES = '''
"""A stage that writes in many ways."""
import os
import time
from pathlib import Path

from distill.receipts import InFile, OutDir, OutFile, with_receipt


def ways_of(rows: Path) -> None:
    for number in range(20):
        with (rows / "grows.jsonl").open("a") as file:
            file.write(f"row {number}\\n" * 500)
        time.sleep(0.01)
    (rows / "back.jsonl").write_text("first\\nsecond\\nthird\\n")
    (rows / "shorter.jsonl").write_text("x\\n" * 1000)
    (rows / "gone.jsonl").write_text("gone\\n")
    (rows / "before.jsonl").write_text("renamed\\n")
    (rows / "empty.jsonl").write_text("")
    (rows / "open.jsonl").write_text("no newline")
    (rows / "page.html").write_text("<p>")
    time.sleep(0.1)
    with (rows / "back.jsonl").open("r+") as file:
        file.write("FIRST")
    (rows / "shorter.jsonl").write_text("y\\n")
    (rows / "gone.jsonl").unlink()
    (rows / "before.jsonl").rename(rows / "after.jsonl")
    time.sleep(0.1)
    (rows / "last.jsonl").write_text("one\\n" * 3)


@with_receipt(stage="write", version=1)
def write(read: InFile, out: OutFile, rows: OutDir) -> None:
    if not os.fork():  # somebody who outlives the stage
        time.sleep(3)
        os._exit(0)
    ways_of(rows)
    with out.open("w") as file:
        for number in range(5000):
            file.write(f"{number}\\n")


@with_receipt(stage="fail", version=1)
def fail(read: InFile, out: OutFile) -> None:
    out.symlink_to("/dev/zero")
    time.sleep(0.2)
    raise RuntimeError("as meant")
'''

DRIVER = """
import json
import sys

from distill.receipts import execution, following
from stages import fail, write

execution.WORTH = 0
read = []
fingerprint = execution.fingerprint_file


def reads(place, **rest):
    read.append(place.name.lstrip(".").partition(".jsonl")[0])
    return fingerprint(place, **rest)


execution.fingerprint_file = reads
if __name__ == "__main__":
    try:
        fail("in", "data/fails.jsonl")
    except RuntimeError as error:
        assert str(error) == "as meant"
    write("in", "data/out.jsonl", "data/rows")
    print(json.dumps(sorted(read)))
"""


def run(root: Path, workers: int) -> list[str]:
    """Run the stages; return the names of the outputs that were read for their sums."""
    root.mkdir()
    for name, text in {
        "distill.toml": "",
        "stages.py": STAGES,
        "run.py": DRIVER,
        "in": ".",
    }.items():
        (root / name).write_text(text)
    own = {"DISTILL_WORKERS": str(workers), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=root,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    read: list[str] = json.loads(done.stdout)
    return read


def claim(root: Path) -> Any:
    """Return the claim of the stage that passed."""
    newest = ReceiptStore(Workspace(root)).newest_passed("write")
    assert newest is not None
    return newest.claim_digest


def test_what_is_followed_is_what_is_read_at_the_end(tmp_path: Path) -> None:
    """The claim is that of a run with nothing beside it, whatever the stage did to its files."""
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    all_of_them = run(alone, 1)
    assert {"grows", "out", "empty", "open"} < set(all_of_them)
    again = run(beside, 2)
    assert claim(beside) == claim(alone)
    assert {"back", "page.html", "shorter"} <= set(again)
    assert not {"grows", "out", "empty", "open"} & set(again)


def test_whoever_started_us_may_ignore_the_end_of_children(tmp_path: Path) -> None:
    """That is inherited, and nobody can wait for the process that follows then."""
    place = tmp_path / "rows.jsonl"
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with following(lambda: [(place, place.name)]) as followed:
            place.write_text("row\n")
    finally:
        signal.signal(signal.SIGCHLD, former)
    assert followed.sums(place) == fingerprint_file(place, name=place.name)[0]
