"""Bytecode that Python takes for that of an edited file."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

STAGES = """
import sys
from pathlib import Path
from distill.errors import CodeStateError
from distill.receipts import OutFile, with_receipt
from words import word

@with_receipt(stage="say", version=1)
def say(*, said: OutFile) -> None:
    said.write_text(word())
"""
RUN = """
import sys
from distill.errors import CodeStateError
from stages import say
try:
    print(say(said="data/said.txt").status)
except CodeStateError as error:
    sys.exit(error.message)
"""
WORDS = "def word():\n    return {!r}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a stage."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "stages.py").write_text(STAGES)
    (tmp_path / "run.py").write_text(RUN)
    return tmp_path


def _say(folder: Path) -> tuple[int, str]:
    """Run the stage in a process that writes bytecode."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ended = subprocess.run(
        [sys.executable, "run.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, (ended.stdout + ended.stderr).strip()


def _write(folder: Path, word: str, written_ns: int) -> None:
    (folder / "words.py").write_text(WORDS.format(word))
    os.utime(folder / "words.py", ns=(written_ns, written_ns))


def test_an_edit_that_python_does_not_see_is_not_run(folder: Path) -> None:
    """Within a second, of one size: the code of before would run under the new code's name."""
    second = (int(time.time()) + 100) * 10**9
    _write(folder, "old", second)
    assert _say(folder) == (0, "ran")
    _write(folder, "new", second + 10**9 // 2)
    code, told = _say(folder)
    assert code == 1
    assert told.startswith("Python runs words as it was before its last edit")
    assert (folder / "data" / "said.txt").read_text() == "old"
    os.utime(folder / "words.py")
    assert _say(folder) == (0, "ran")
    assert (folder / "data" / "said.txt").read_text() == "new"


def test_bytecode_that_is_older_than_its_source_may_be_right(folder: Path) -> None:
    """A source from a clock ahead is run, and its call is skipped, as any other."""
    second = (int(time.time()) + 100) * 10**9
    _write(folder, "old", second)
    assert _say(folder) == (0, "ran")
    (folder / "data" / "said.txt").unlink()
    assert _say(folder) == (0, "ran")
    assert _say(folder) == (0, "skipped")


def test_damaged_bytecode_is_pythons_to_refuse(folder: Path) -> None:
    """It is of no use to Python either, which compiles the source."""
    second = (int(time.time()) + 100) * 10**9
    _write(folder, "old", second)
    assert _say(folder) == (0, "ran")
    (file,) = (folder / "__pycache__").glob("words.*.pyc")
    file.write_bytes(b"\0" * 4 + file.read_bytes()[4:])
    (folder / "data" / "said.txt").unlink()
    assert _say(folder) == (0, "ran")
