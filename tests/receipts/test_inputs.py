"""Inputs are read by this process or by workers: what is known of them is the same."""

import os
import subprocess
import sys
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest

from distill.receipts.incremental.worker_count import WORKERS

REPOSITORY = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from weakref import WeakSet

from distill.errors import SourceError
from distill.receipts import inputs
from distill.receipts.binding import InputFile
from distill.receipts.incremental.growth import Growth
from distill.receipts.incremental.cuts import cuts
from distill.receipts.workspace import Workspace

inputs.WORTH_WORKERS = 0
folder = Path(sys.argv[1])
growth = Growth(Workspace(folder, {}), "slot")
read_here, sums, together = [], WeakSet(), []
fingerprint = inputs.fingerprint_file


def reads(place, **rest):
    read_here.append(place.name)
    return fingerprint(place, **rest)


def made(path, name):
    found = growth.sums(path, name)
    sums.add(found)
    together.append(len(sums))
    return found


inputs.fingerprint_file = reads
named = [InputFile("logs", name, folder / name) for name in sys.argv[2:]]
try:
    with inputs.watching_inputs(named, (), sums=made) as watched:
        found = watched()
except SourceError as error:
    print(repr((error.message, error.hint)))
    raise SystemExit from None
entries = [(str(one.entry), one.identity.text, cuts.of(one.blake3.hex)) for one in found]
growth.remember(found)
kept = (folder / ".distill" / "outlines" / "slot").read_bytes()
print(repr((str(entries), kept, max(together), len(sums), read_here)))
"""


@pytest.fixture
def logs(tmp_path: Path) -> list[str]:
    """Five files: of lines, of which one is large enough for marks, an empty one, and no lines."""
    (tmp_path / ".distill" / "outlines").mkdir(parents=True)
    lines = [b'{"run": %d, "text": "%s"}\n' % (n, b"word " * (n % 90)) for n in range(6000)]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "b.jsonl").write_bytes(b"".join(lines[:7]))
    (tmp_path / "c.jsonl").write_bytes(b"")
    (tmp_path / "d.json").write_bytes(b"[1, 2]")
    (tmp_path / "e.jsonl").write_bytes(b"".join(lines[9:]))
    return ["a.jsonl", "b.jsonl", "c.jsonl", "d.json", "e.jsonl"]


def _read(folder: Path, names: list[str], workers: int) -> Any:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), WORKERS: str(workers)}
    program = [sys.executable, "-c", PROGRAM, str(folder), *names]
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return literal_eval(ended.stdout)


def test_workers_find_what_one_process_finds(tmp_path: Path, logs: list[str]) -> None:
    """Entries, identities, segments and outlines; with workers nothing is read in this process.

    Sums take some kilobytes: there are no more of them at once than files that are read.
    """
    *alone, read_here = _read(tmp_path, logs, 1)
    *by_workers, read_by_workers = _read(tmp_path, logs, 2)
    assert by_workers == alone
    assert alone[-2:] == [1, 0]
    assert read_here == logs
    assert read_by_workers == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_worker_can_not_read_is_named(tmp_path: Path, logs: list[str], workers: int) -> None:
    """A folder in the place of a file is told as one process tells it."""
    (tmp_path / "folder").mkdir()
    message, hint = _read(tmp_path, [*logs, "folder"], workers)
    assert message == f"{tmp_path / 'folder'} is no regular file"
    assert hint == "name a file, not a folder"
