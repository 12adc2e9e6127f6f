"""The page on running a receipt again: its transcript is run, its tables are those of the code."""

import os
import re
from pathlib import Path

from distill.cli.parser import build_parser
from distill.receipts.digest import Digest
from distill.receipts.reproduce.result import Difference, Reproduction
from tests.docs.transcripts import find_transcript, replace_transcript, run_transcript

OTHER = Difference("not made", "out/a", "blake3:…", None, None)


def test_the_page_is_followed_word_by_word(repository: Path, tmp_path: Path) -> None:
    """The transcript is what the commands print."""
    path = repository / "docs" / "reproduce.md"
    page = path.read_text(encoding="utf-8")
    block = find_transcript(page, "reproduce")
    told = run_transcript(block, tmp_path)
    if os.environ.get("DISTILL_RENEW_DOCS"):
        path.write_text(replace_transcript(page, "reproduce", told), encoding="utf-8")
        block = told
    assert told == block


def test_the_verdicts_are_the_pages(repository: Path) -> None:
    """Each verdict of the code is a row of the table, with its exit code."""
    page = (repository / "docs" / "reproduce.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`:]+)` \| (\d+) \|", page, re.MULTILINE))
    found = set()
    for differences in ((), (OTHER,)):
        for environment in ((), ("Python 3.11 → 3.12",)):
            made = Reproduction(Digest("0" * 64), "s", "", environment, 1, differences, ())
            found.add((made.verdict, str(made.exit_code)))
    assert rows == found


def test_the_options_are_the_pages(repository: Path) -> None:
    """Each option of the table is one of the command, and none of its own is missing."""
    page = (repository / "docs" / "reproduce.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(--[a-z]+)", page, re.MULTILINE))
    (commands,) = (a for a in build_parser()._actions if a.dest == "run" or a.choices)
    assert commands.choices is not None
    parser = dict(commands.choices)["reproduce"]
    known = {name for action in parser._actions for name in action.option_strings}
    assert named == {name for name in known if name.startswith("--")} - {
        "--help",
        "--verbose",
        "--quiet",
    }
