"""The page on the engine is followed from top to bottom: its files are written, its commands run.

The flow is run in tests/prefect, where there is a server.
"""

import ast
import os
import re
from pathlib import Path

from distill.receipts import inputs
from distill.receipts.incremental import segments, shard_file, workers
from tests.docs.pages import page_files
from tests.docs.transcripts import find_transcript, replace_transcript, run_transcript

TRANSCRIPTS = ("plain", "failing", "incremental", "together")


def test_the_page_is_followed(repository: Path, tmp_path: Path) -> None:
    """Each transcript is what the commands print, in the workspace that those before it left."""
    path = repository / "docs" / "engine.md"
    page = path.read_text(encoding="utf-8")
    for name, content in page_files(page).items():
        (tmp_path / name).write_text(content)
    for name in TRANSCRIPTS:
        block = find_transcript(page, name)
        told = run_transcript(block, tmp_path)
        if os.environ.get("DISTILL_RENEW_DOCS"):
            page = replace_transcript(page, name, told)
            path.write_text(page, encoding="utf-8")
            block = told
        assert told == block


def test_every_block_is_run(repository: Path) -> None:
    """A block of the page is a file or a transcript of the list."""
    page = (repository / "docs" / "engine.md").read_text(encoding="utf-8")
    assert page.count("```python") == len(page_files(page))
    assert page.count("```console") == len(TRANSCRIPTS)
    assert page.count("```") == 2 * (len(page_files(page)) + len(TRANSCRIPTS))


def test_the_reasons_are_those_of_the_code(repository: Path) -> None:
    """What the table calls a reason is a phrase of the modules that decide."""
    page = (repository / "docs" / "engine.md").read_text(encoding="utf-8")
    table = page.partition("| reason | what happened |")[2].partition("\n\n")[0]
    named = [text for row in table.splitlines()[2:] for text in re.findall(r"`(.+?)`", row)]
    phrases = [
        phrase
        for module in ("key_changes", "survey", "store")
        for phrase in _texts(repository / "distill" / "receipts" / f"{module}.py")
    ]
    reasons = [name for name in named if name != "data/objects"]
    assert len(reasons) > 12
    assert [name for name in reasons if not any(_fits(name, one) for one in phrases)] == []


def test_the_sizes_are_those_of_the_code(repository: Path) -> None:
    """Segments, shards, and from how many bytes on there are workers."""
    page = (repository / "docs" / "engine.md").read_text(encoding="utf-8")
    mib = 1024 * 1024
    assert f"the segments (some {segments.USUAL // 1024} KiB)" in page
    assert f"about {shard_file.USUAL // mib} MiB, and at {shard_file.ROOM // mib} MiB" in page
    assert f"From {workers.WORTH_WORKERS // mib} MiB of new input on" in page
    assert f"read, {inputs.WORTH_WORKERS // mib} MiB and more of them" in page


def _texts(file: Path) -> list[str]:
    """Return the texts of a module as patterns, open where something is put in at run time."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(_pattern(part) for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(re.escape(node.value))
    return found


def _pattern(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"


def _fits(name: str, phrase: str) -> bool:
    """Whether a reason is what a phrase tells, with or without the values that follow it."""
    heads = (phrase, phrase.partition(r"\ \(")[0], phrase.partition(":")[0])
    return any(head and re.fullmatch(head, name) for head in heads)
