"""What is printed is what is there: no name and no text of somebody else's speaks for a command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distill.cli.console import Console, visible
from distill.errors import EXIT_TAMPERED

HOSTILE = {
    "a line of its own": ("a\nsound: 5 receipts", "a\\nsound: 5 receipts"),
    "a carriage return": ("NOT\rsound", "NOT\\rsound"),
    "a cleared screen": ("\x1b[2Jsound", "\\x1b[2Jsound"),
    "a command in one character": ("\x9b2J", "\\x9b2J"),
    "reversed text": ("\u202egpj", "\\u202egpj"),
    "a paragraph": ("a\u2029b", "a\\u2029b"),
    "no text at all": ("\udcff", "\\udcff"),
    "a tab and an accent": ("a\té", "a\té"),
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_terminal_obeys_nothing_of_it(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines and errors show such characters as escapes, each on one line."""
    console = Console(quiet=False, verbose=False, as_json=False)
    console.line(text)
    console.error(text, text, 1)
    assert visible(text) == shown
    assert capsys.readouterr() == (f"{shown}\n", f"error: {shown}\nhint: {shown}\n")


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_a_hostile_name_is_named(tmp_path: Path, flag: list[str]) -> None:
    """A file that was added under such a name is a fault like any other, in any locale."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "exports").mkdir()
    for name in (b"\xff.jsonl", b"\x1b[2J.jsonl", b"a\nsound: 5 receipts"):
        Path(os.fsdecode(bytes(tmp_path / "exports") + b"/" + name)).touch()
    done = subprocess.run(
        [sys.executable, "-m", "distill.cli", "verify", "--workspace", str(tmp_path), *flag],
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (EXIT_TAMPERED, b"")
    text = done.stdout.decode()
    if flag:
        assert len(json.loads(text)["faults"]) == 3
    else:
        assert not any(line.startswith("sound") for line in text.splitlines())
        assert "\x1b" not in text
