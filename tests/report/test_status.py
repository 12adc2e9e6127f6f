"""`distill status` shows the ledger: lines, checkpoint, signature, runs that never ended."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from distill.cli.main import main
from distill.errors import EXIT_OK
from distill.receipts.digest import Digest
from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.workspace import Workspace
from tests.tamper.changes import LOG, put
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that ran, not to be touched."""
    root = tmp_path_factory.mktemp("built") / "work"
    logs = lines([row("first", "One.")])
    run_all(make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": logs}))
    return root


@pytest.fixture
def work(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current folder."""
    shutil.copytree(built, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def _status(capsys: pytest.CaptureFixture[str]) -> tuple[str, dict[str, Any]]:
    """Return the screen from the ledger on, and the ledger's part of the document."""
    assert main(["status"]) == EXIT_OK
    screen = capsys.readouterr().out
    assert main(["status", "--json"]) == EXIT_OK
    document = json.loads(capsys.readouterr().out)
    ledger: dict[str, Any] = document["ledger"]
    assert document["sound"] == ("NOT SOUND" not in screen) == (ledger["trouble"] is None)
    return screen[screen.index("ledger: ") :], ledger


def test_before_the_first_run(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is none, and that is no trouble."""
    shutil.rmtree(work / "receipts")
    screen, ledger = _status(capsys)
    assert screen.startswith("ledger: none yet")
    assert (ledger["lines"], ledger["checkpoint_size"], ledger["trouble"]) == (0, None, None)


def test_lines_and_checkpoint(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The counts are those of the log, and whether the newest checkpoint is signed is told."""
    size = len((work / LOG).read_bytes().splitlines())
    screen, ledger = _status(capsys)
    assert screen.startswith(f"ledger: {size} lines, newest checkpoint of {size}, unsigned\n")
    assert (ledger["lines"], ledger["checkpoint_size"], ledger["signed_by"]) == (size, size, None)
    assert ledger["open_runs"] == []
    key = init_keys(Workspace.find(work))
    screen, ledger = _status(capsys)
    assert screen.startswith(f"ledger: {size + 1} lines, newest checkpoint of {size + 1}, signed")
    assert ledger["signed_by"] == key.id


def test_runs_that_never_ended(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named by stage, time and id; of many the newest five. They are no unsoundness."""
    ledger = Ledger(Workspace.find(work))
    ledger.begin("run-0", "export_sft", Digest("ab" * 32))
    screen, told = _status(capsys)
    assert "a run of export_sft started at 20" in screen
    assert "(run-0)" in screen
    assert [one["run"] for one in told["open_runs"]] == ["run-0"]
    for number in range(1, 8):
        ledger.begin(f"run-{number}", "score_runs", Digest("ab" * 32))
    screen, told = _status(capsys)
    assert [f"(run-{n})" in screen for n in range(8)] == [n > 2 for n in range(8)]
    assert "and 3 older runs" in screen
    assert len(told["open_runs"]) == 8


def test_a_line_that_a_crash_tore(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What follows the last newline is told, and who mends it."""
    put(work / LOG, (work / LOG).read_bytes() + b'{"at":')
    screen, told = _status(capsys)
    assert "6 bytes after the last line" in screen
    assert told["torn"] == 6


@pytest.mark.parametrize("line", [b"{", b"[]", b"1", b'{"entry":"started"}', b"\xff"])
def test_a_line_that_is_none(work: Path, capsys: pytest.CaptureFixture[str], line: bytes) -> None:
    """It is named, and the workspace is not sound."""
    size = len((work / LOG).read_bytes().splitlines())
    put(work / LOG, (work / LOG).read_bytes() + line + b"\n")
    screen, told = _status(capsys)
    assert f"line {size + 1} can't be read" in screen
    assert told["trouble"]


@pytest.mark.parametrize("name", [LOG, "receipts/ledger/checkpoints/0000000000000011"])
def test_a_pipe_in_its_place(work: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Nothing waits."""
    (work / name).unlink()
    os.mkfifo(work / name)
    screen, told = _status(capsys)
    assert "it is a pipe" in told["trouble"]
    assert "it is a pipe" in screen
