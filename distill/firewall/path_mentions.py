"""Which files a run names that nobody ever saw: neither in the repository, nor made by the run.

Looked at is what the model itself says: its prose (not fenced code and not the lines of a diff's
hunks, whose strings are no claims), the headers of its diffs, and tool arguments that are a path as
a whole. A path is known where the repository has it (the end of a path is enough), where a system,
user or tool message named it, and where the run makes it, before or after. When in doubt a path is
no finding.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from distill.firewall.path_creations import (
    argument_texts,
    diff_paths,
    is_diff_header,
    makes_by_call,
    makes_by_shell,
    says_it_makes,
)
from distill.firewall.path_listing import PathListing
from distill.firewall.path_tokens import as_path, paths_in
from distill.records.message import Message, ToolCall

_FENCES: Final = ("```", "~~~")
#: How a line of a diff's hunk begins; editors strip the blank of an empty one.
_HUNK_LINES: Final = ("", " ", "+", "-", "\\")
_EDIT_BEGINS: Final = "<<<<<<< SEARCH"
_EDIT_DIVIDES: Final = "======="


def hallucinated_paths(
    messages: Sequence[Message] | None, listing: PathListing, *, text: str | None = None
) -> tuple[str, ...]:
    """Return the paths that a run names and that neither the repository has nor the run made.

    `text` is that of a run without messages; it counts as said by the model. The paths are sorted,
    each once, as the run names them.
    """
    turns = messages if messages is not None else (Message(role="assistant", content=text),)
    doubtful: set[str] = set()
    seen, made = PathListing(), PathListing()
    for message in turns:
        if message.role != "assistant":
            for path in paths_in(message.content or ""):
                seen.add(path)
            continue
        for path, is_made in _named(message):
            if is_made:
                made.add(path)
            elif not listing.holds(path) and not seen.holds(path):
                doubtful.add(path)
    # A plan names its files before it makes them, so what is made counts for the whole run.
    return tuple(sorted(path for path in doubtful if not made.holds(path)))


def _named(message: Message) -> Iterator[tuple[str, bool]]:
    """Yield the paths that one assistant's turn names, and whether it makes them."""
    content = message.content or ""
    yield from _in_prose(content)
    yield from diff_paths(content)
    for call in message.tool_calls or ():
        yield from _in_call(call)


def _in_prose(content: str) -> Iterator[tuple[str, bool]]:
    is_fenced = is_hunk = False
    last_named: tuple[str, ...] = ()
    previous = ""
    for line in content.splitlines():
        stripped = line.strip()
        is_hunk = line.startswith("@@") or (is_hunk and line[:1] in _HUNK_LINES)
        if is_hunk or is_diff_header(line):
            continue
        if stripped.startswith(_FENCES):
            is_fenced = not is_fenced
        elif stripped == _EDIT_DIVIDES and previous == _EDIT_BEGINS:
            yield from ((path, True) for path in last_named)
        elif not is_fenced:
            paths = tuple(paths_in(line)) if "/" in line else ()
            last_named = paths or last_named
            yield from ((path, says_it_makes(line, path)) for path in paths)
        previous = stripped or previous


def _in_call(call: ToolCall) -> Iterator[tuple[str, bool]]:
    is_writer = makes_by_call(call.function)
    for value in argument_texts(call.function):
        yield from diff_paths(value)
        path = as_path(value)
        if path is not None:
            yield path, is_writer
        elif is_writer or makes_by_shell(value):
            yield from ((path, True) for path in paths_in(value))
