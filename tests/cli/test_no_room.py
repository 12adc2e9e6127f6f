"""A disk that is full, or a bound for files: told as what it is, and nothing half-made is left."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspaces import MAPPED, VERDICT, make_workspace

ROWS = [
    {"task": f"t{n}", "prompt": f"Do t{n}.", "answer": f"a{n} " * 50, "passed": True}
    for n in range(200)
]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_has_no_room_is_told(tmp_path: Path, workers: str) -> None:
    """The evidence may not become as long as it is; a run with room goes on as if nothing was."""
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    project = make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines.encode()})

    def run(most: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "distill.cli", "run"],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DISTILL_WORKERS": workers},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )

    for most in (2 * 1024, 20 * 1024, 64 * 1024):
        done = run(most)
        assert done.returncode == 6, done.stderr
        assert "File too large" in done.stderr
        assert "make room" in done.stderr
        assert list(project.root.rglob("*.partial*")) == []
    assert run(resource.RLIM_INFINITY).returncode == 0
