"""Transcripts in Markdown, run again: what a page shows is what the commands print.

A transcript is a fenced block after ``<!-- transcript: NAME -->``; lines that begin with ``$ `` are
commands (a here-document goes on to its end), the others are what they printed. What differs from
run to run is put in one form first: digests, folders, times.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

_BLOCK: Final = r"<!-- transcript: {name} -->\n```console\n(.*?)```"
_END: Final = "\x1e"


def find_transcript(page: str, name: str) -> str:
    """Return the block of that name.

    Raises:
        AssertionError: the page has none.
    """
    found = re.search(_BLOCK.format(name=name), page, re.DOTALL)
    assert found is not None, f"no transcript {name!r}"
    return found[1]


def replace_transcript(page: str, name: str, block: str) -> str:
    """Return the page with the block of that name replaced."""
    old = find_transcript(page, name)
    return page.replace(old, block)


def run_transcript(block: str, folder: Path) -> str:
    """Run the block's commands in one shell that begins in `folder`, and return the block anew."""
    (told,) = run_transcripts([block], folder)
    return told


def run_transcripts(blocks: Sequence[str], folder: Path) -> list[str]:
    """Run the blocks' commands in a row in one shell, as a reader does, and return them anew."""
    commands = [list(_commands(block)) for block in blocks]
    script = "".join(f"{one}\nprintf '{_END}'\n" for block in commands for one in block)
    shell = subprocess.run(
        ["bash"],
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=_environment(),
        check=False,
    )
    printed = iter(shell.stdout.split(_END))
    return [
        "".join(f"$ {one}\n{_steady(next(printed, ''), folder)}" for one in block)
        for block in commands
    ]


def _environment() -> Mapping[str, str]:
    tools = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


def _commands(block: str) -> Iterator[str]:
    lines = iter(block.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            continue
        command = line[2:]
        if (opened := re.search(r"<<'(\w+)'", command)) is not None:
            for more in lines:
                command += "\n" + more
                if more == opened[1]:
                    break
        yield command


def _steady(output: str, folder: Path) -> str:
    """Return output with what differs from run to run in one form."""
    text = output.replace(str(folder.resolve()), "~").replace(str(folder), "~")
    text = re.sub(r"\b[0-9a-f]{64}\b", "…", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "…", text)
    text = re.sub(r"\bdigest [0-9a-f]{12}\b", "digest …", text)
    text = re.sub(r"\b[0-9a-f]{4}…", "…", text)
    if text and not text.endswith("\n"):
        text += "\n"
    return text
