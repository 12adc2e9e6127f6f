"""A shell's text as simple commands: enough to see what is run, not what it would do.

Commands end at ``;``, ``&``, ``|``, a parenthesis or the end of a line, outside of quotes. The body
of a here-document is no command. What a script would do, variables and globs are not known. Takes
time linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>[^\S\n]+)|(?P<end>[;&|()\n]+)|(?P<here><<-?\s*['"]?(?P<word>\w+)['"]?)"""
    r"""|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s;&|()'"\\<]+|\\.|.)""",
    re.DOTALL,
)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
#: What runs another command that stands behind it; with those of its arguments that are none.
_WRAPPERS: Final = frozenset(
    {"sudo", "env", "time", "nohup", "command", "exec", "xargs", "nice", "then", "do", "else", "!"}
)
_SHELLS: Final = frozenset({"bash", "sh", "zsh", "dash"})
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """Its words without their quotes, and the characters where it stands (half-open)."""

    words: tuple[str, ...]
    start: int
    end: int


def simple_commands(text: str, *, level: int = 0) -> Iterator[SimpleCommand]:
    """Yield the simple commands of a text, those given to ``bash -c`` in the place of it."""
    for words, starts, end in _split(text):
        first = _first(words)
        if first == len(words):
            continue
        inner = _script_of(words[first:])
        if inner is not None and level < _DEEPEST:
            base = starts[first + inner] + 1
            for one in simple_commands(words[first + inner], level=level + 1):
                yield SimpleCommand(one.words, base + one.start, min(base + one.end, len(text)))
        else:
            yield SimpleCommand(tuple(words[first:]), starts[first], end)


def _split(text: str) -> Iterator[tuple[list[str], list[int], int]]:
    """Yield the words of each command, where each begins, and where the command ends."""
    words: list[list[str]] = []
    starts: list[int] = []
    waiting: list[str] = []
    at, end, is_open = 0, 0, False
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError("a character that is no part of a command")
        at, kind = token.end(), token.lastgroup
        if kind == "space":
            is_open = False
        elif kind == "here":
            waiting.append(token["word"])
        elif kind == "end":
            yield ["".join(word) for word in words], starts, end
            words, starts, is_open = [], [], False
            if waiting and "\n" in token["end"]:
                at = _after_documents(text, at, waiting)
                waiting = []
        else:
            part = token[token.lastindex or 0]
            if is_open:
                words[-1].append(part)
            else:
                words.append([part])
                starts.append(token.start())
            is_open, end = True, at
    yield ["".join(word) for word in words], starts, end


def _after_documents(text: str, at: int, words: list[str]) -> int:
    for word in words:
        closing = re.compile(rf"^\t*{re.escape(word)}[^\S\n]*$", re.MULTILINE).search(text, at)
        at = len(text) if closing is None else closing.end()
    return at


def _first(words: list[str]) -> int:
    """Return the number of the word that names the program; the length where there is none."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "timeout" and at + 1 < len(words):
            at += 2
        elif word in _WRAPPERS or _ASSIGNMENT.match(word):
            at += 1
        else:
            break
    return at


def _script_of(words: list[str]) -> int | None:
    """Return the number of the word that a shell is to run as a script, null where none is."""
    if words[0].rsplit("/", 1)[-1] not in _SHELLS:
        return None
    flags = (at for at, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c", word))
    flag = next(flags, None)
    return None if flag is None else flag + 1
