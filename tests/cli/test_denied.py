"""A workspace that may not be written to, or looked at, is told as such, and not as a bug."""

import errno
import os
from pathlib import Path

import pytest

from distill.cli.main import main
from tests.workspaces import MAPPED, make_workspace


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(("command", "refused"), [("run", "locks"), ("status", "publish")])
def test_what_may_not_be_touched_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    command: str,
    refused: str,
) -> None:
    """The error names the place and what to do; the system is made to refuse, as it would."""
    monkeypatch.chdir(make_workspace(tmp_path, MAPPED, {"logs/a.jsonl": b""}).root)
    place = str(Path.cwd() / ".distill" / refused)

    def refuse(path: object = ".", *_: object, **__: object) -> None:
        if str(path).startswith(place):
            raise OSError(number, os.strerror(number), str(path))
        raise FileNotFoundError(errno.ENOENT, "", str(path))

    monkeypatch.setattr(os, "mkdir" if command == "run" else "listdir", refuse)
    assert main([command]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {os.strerror(number)} at {place}")
    assert "hint: run as the user whose workspace it is" in told
