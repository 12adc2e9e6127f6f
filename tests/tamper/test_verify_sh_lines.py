"""receipts/verify.sh on lines of the ledger that no writer writes, under fitting checkpoints."""

import json
from typing import Any

import pytest

from distill.receipts import verify_workspace
from distill.receipts.canonical import dumps
from tests.tamper.forging import lines_of, write_ledger
from tests.tamper.script import run_script
from tests.tamper.world import World

START = {
    "at": "2026-02-28T23:59:59.999Z",
    "entry": "started",
    "key": "ab" * 32,
    "run": "ffffffffffffffff",
    "stage": "score_runs",
}
RELEASE = {
    "at": "2024-02-29T00:00:00.000Z",
    "blake3": "ab" * 32,
    "entry": "release",
    "name": "v1",
    "sha256": "cd" * 32,
}
LINES: dict[str, tuple[list[dict[str, Any]], int]] = {
    "a start": ([START], 0),
    "a release on a leap day": ([RELEASE], 0),
    "a release's name twice": ([RELEASE, RELEASE | {"sha256": "ef" * 32}], 10),
    "no leap year": ([RELEASE | {"at": "2023-02-29T00:00:00.000Z"}], 10),
    "no leap century": ([RELEASE | {"at": "2100-02-29T00:00:00.000Z"}], 10),
    "a month of 30 days": ([START | {"at": "2026-04-31T00:00:00.000Z"}], 10),
    "an hour that no day has": ([START | {"at": "2026-04-30T24:00:00.000Z"}], 10),
    "the year 0": ([START | {"at": "0000-04-30T00:00:00.000Z"}], 10),
    "a run that is no name": ([START | {"run": "a b"}], 10),
    "a line that is too long": ([START | {"run": "a" * 2**14}], 10),
}


@pytest.mark.parametrize(("more", "code"), LINES.values(), ids=LINES.keys())
def test_lines_that_are_refused(unsigned: World, more: list[dict[str, Any]], code: int) -> None:
    """What `distill verify` takes and refuses, the script does."""
    write_ledger(unsigned.root, lines_of(unsigned.root) + [dumps(one) for one in more], _nobody)
    assert (run_script(unsigned.root).code, verify_workspace(unsigned.workspace).exit_code) == (
        code,
        code,
    )


def test_a_start_after_its_receipt(unsigned: World) -> None:
    """A run starts, and then leaves a receipt."""
    lines = lines_of(unsigned.root)
    (run, *_) = (json.loads(line)["run"] for line in lines if b'"receipt"' in line)
    (start,) = (line for line in lines if b'"started"' in line and run.encode() in line)
    lines.remove(start)
    write_ledger(unsigned.root, [*lines, start], _nobody)
    assert run_script(unsigned.root).code == verify_workspace(unsigned.workspace).exit_code == 10


def _nobody(_: int) -> None:
    return None
