"""The README is followed word by word: its transcripts, commands and exit codes are the real ones.

`DISTILL_RENEW_DOCS=1 pytest tests/docs` writes the transcripts anew.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from distill.cli.parser import build_parser
from distill.errors import EXIT_CODES
from tests.docs.transcripts import find_transcript, replace_transcript, run_transcript


@pytest.mark.parametrize("name", ["first-screen", "newcomer"])
def test_a_transcript_is_what_the_commands_print(
    repository: Path, tmp_path: Path, name: str
) -> None:
    """Running the commands of the block gives the block."""
    for entry in ("examples", "distill.toml"):
        source = repository / entry
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / entry)
    readme = repository / "README.md"
    page = readme.read_text(encoding="utf-8")
    block = find_transcript(page, name)
    told = run_transcript(block, tmp_path)
    if os.environ.get("DISTILL_RENEW_DOCS"):
        readme.write_text(replace_transcript(page, name, told), encoding="utf-8")
        block = told
    assert told == block


def test_a_function_of_the_readers_own_runs_as_shown(repository: Path, tmp_path: Path) -> None:
    """The example of `with_receipt` is a whole program: it runs, skips, and its outputs verify."""
    page = (repository / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "short.py").write_text(program)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/monday.jsonl").write_text("short\n" + "long" * 50 + "\n")
    commands = "$ touch distill.toml\n$ python short.py\n$ python short.py\n$ distill verify -q\n"
    told = run_transcript(commands, tmp_path)
    assert "ran never built" in told
    assert "unchanged; 1 output as recorded" in told
    assert told.endswith("$ distill verify -q\n")
    assert (tmp_path / "long/monday.jsonl").read_text() == "long" * 50 + "\n"


def test_every_exit_code_is_in_the_table(repository: Path) -> None:
    """The table of exit codes is that of the code."""
    page = (repository / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE))
    assert rows == {str(code): meaning for code, meaning in EXIT_CODES.items()}


def test_every_command_that_the_readme_names_exists(repository: Path) -> None:
    """`distill WORD` in the README is a command of the parser."""
    page = (repository / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^\$ |`)distill ([a-z][a-z-]+)", page, re.MULTILINE))
    known = build_parser().format_help()
    assert named
    assert {command for command in named if command not in known} == set()
