"""Which files a run makes itself: in diffs, in edit blocks, by its tools and by its shell."""

import re
from collections.abc import Iterator
from typing import Any, Final

from distill.firewall.path_tokens import paths_in
from distill.records.message import FunctionCall

_MAX_DEPTH: Final = 20
_NAMES_OF_WRITERS: Final = re.compile(
    r"creat|writ|save|touch|new_?file|add_?file|mov|renam|cop", re.IGNORECASE
)
_CONTENT_KEYS: Final = frozenset({"file_text", "content", "contents", "new_content", "source"})
_SHELL_WRITES: Final = re.compile(
    r">|\b(?:tee|touch|mv|cp|mkdir|ln|tar|unzip|wget|curl|patch|install|apply|checkout|clone)\b"
)
_DIFF_HEADER: Final = re.compile(
    r"(?:diff --git |--- |\+\+\+ |rename (?:from|to) |copy (?:from|to) )"
)
_MAKES: Final = re.compile(
    r"\b(?:creat|generat|renam|mov(?:e|ing)|sav(?:e|ing)|new\b|add(?:ing|ed)?\b|writ(?:e|ing)\b)",
    re.IGNORECASE,
)
_IS_NEW: Final = re.compile(
    r"\(\W*new\b|\bnew file\b|\bdoes ?n[o']t (?:yet )?exist\b", re.IGNORECASE
)


def diff_paths(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each path in the headers of a text's diffs, and whether its diff makes the file."""
    previous = ""
    for line in text.splitlines():
        if _DIFF_HEADER.match(line):
            is_made = line.startswith(("rename to", "copy to")) or (
                line.startswith("+++ ") and previous.startswith("--- /dev/null")
            )
            yield from ((_without_side(path), is_made) for path in paths_in(line))
        elif line.startswith("new file mode"):
            yield from ((_without_side(path), True) for path in paths_in(previous))
        if line.strip():
            previous = line


def is_diff_header(line: str) -> bool:
    """Say whether a line names the files of a diff: not as prose, with a side before each."""
    return _DIFF_HEADER.match(line) is not None


def _without_side(path: str) -> str:
    return path[2:] if path.startswith(("a/", "b/")) else path


def says_it_makes(line: str, path: str) -> bool:
    """Say whether a line of prose speaks, before it names a path, of making something.

    Or calls the file new, or says that it does not exist.
    """
    return bool(_MAKES.search(line.partition(path)[0]) or _IS_NEW.search(line))


def makes_by_call(function: FunctionCall) -> bool:
    """Say whether a tool call may make the files that it names."""
    arguments = function.arguments
    if _NAMES_OF_WRITERS.search(function.name):
        return True
    if not isinstance(arguments, dict):
        return True
    command = arguments.get("command")
    return command in ("create", "write") or not _CONTENT_KEYS.isdisjoint(arguments)


def makes_by_shell(command: str) -> bool:
    """Say whether a command line may make the files that it names."""
    return _SHELL_WRITES.search(command) is not None


def argument_texts(function: FunctionCall) -> Iterator[str]:
    """Yield the texts within a call's arguments, but for what is written into a file."""
    arguments = function.arguments
    if isinstance(arguments, dict):
        arguments = {k: v for k, v in arguments.items() if k not in _CONTENT_KEYS}
    yield from _texts_of(arguments, 0)


def _texts_of(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple) and depth < _MAX_DEPTH:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts_of(item, depth + 1)
