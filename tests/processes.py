"""Processes that tests start, and what they ask of those that a kill left alone."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.conftest import REPOSITORY


def run_script(script: Path, options: Sequence[str] = (), **variables: str) -> str:
    """Run a script in its folder, in a process of its own that must end well; what it printed."""
    ended = subprocess.run(
        [sys.executable, *options, script.name],
        cwd=script.parent,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended (it may wait for its parent to notice)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail where it does not within a minute."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
