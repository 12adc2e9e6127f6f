"""The auditors' page is followed word by word, from top to bottom, in one shell.

`DISTILL_RENEW_DOCS=1 pytest tests/docs` writes the transcripts anew.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED, EXIT_USAGE
from tests.docs.transcripts import find_transcript, replace_transcript, run_transcripts


def test_every_command_of_the_page_prints_what_it_shows(
    repository: Path, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    """Nobody has to guess what a command of the walk-through should say."""
    for tool in ("jq", "openssl", "b3sum", "sha256sum"):
        require_tool(tool)
    workspace = tmp_path / "workspace"
    for entry in ("examples", "distill.toml"):
        source = repository / entry
        copy = shutil.copytree if source.is_dir() else shutil.copy
        workspace.mkdir(exist_ok=True)
        copy(source, workspace / entry)
    path = repository / "docs" / "audit.md"
    page = path.read_text(encoding="utf-8")
    told = page
    names = re.findall(r"<!-- transcript: ([a-z-]+) -->", page)
    blocks = run_transcripts([find_transcript(page, name) for name in names], workspace)
    for name, block in zip(names, blocks, strict=True):
        told = replace_transcript(told, name, block)
    if os.environ.get("DISTILL_RENEW_DOCS"):
        path.write_text(told, encoding="utf-8")
        page = told
    assert told == page


def test_the_page_opens_with_what_is_not_proven(repository: Path) -> None:
    """Whoever reads only the beginning must not come away with more than is true."""
    page = (repository / "docs" / "audit.md").read_text(encoding="utf-8")
    first = re.findall(r"^## (.+)$", page, re.MULTILINE)[0]
    assert first == "What a receipt does not prove"
    opening = page[: page.index("## The habit")]
    assert "complete or true when they were first read" in opening
    assert "key" in opening


def test_every_exit_code_is_explained(repository: Path) -> None:
    """The codes of a verification are those of the code."""
    page = (repository / "docs" / "audit.md").read_text(encoding="utf-8")
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert codes == {EXIT_OK, EXIT_TAMPERED, EXIT_INCOMPLETE, EXIT_USAGE}
