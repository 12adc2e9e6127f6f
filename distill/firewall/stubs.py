"""Stubs in code: what stands where the work should be.

A line that says so (``todo!()``, "rest of code here"), or a function whose whole body is ``pass``,
``...`` or a raised NotImplementedError. Abstract methods, protocols, overloads, doubles for tests
and empty handlers are sound. Takes time linear in the code.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from distill.firewall.needles import Needles

_SAYS_SO: Final = re.compile(
    r"(?P<rust_macro>\b(?:todo|unimplemented)!\s*\()"
    r"|(?P<not_implemented>\bthrow new (?:\w{1,40}\.)?(?:NotImplemented\w{0,20}\("
    r"|\w{0,40}(?:Exception|Error)\([\"'`](?:method |function |todo:? ?)?not (?:yet )?implemented))"
    r"|(?P<go_panic>\bpanic\(\"(?:TODO|not (?:yet )?implemented|unimplemented))"
    r"|(?P<rest_of_code>(?:#|//|/\*|<!--|--)[ \t]{0,4}(?:\.\.\.|…)?[ \t]{0,4}\(?(?:the )?"
    r"(?:rest|remainder) of (?:the |your |my )?(?:\w+ )?"
    r"(?:code|implementation|function|method|class|file|logic|program)\b)"
    r"|(?P<to_be_written>(?:#|//|/\*|<!--|--)[ \t]{0,4}(?:TODO:?[ \t]{0,4})?"
    r"(?:your (?:code|implementation|logic) (?:goes )?here"
    r"|(?:add|insert|put|write) (?:your|the) (?:\w+ )?(?:code|implementation|logic) here"
    r"|implementation (?:goes )?here|implement (?:this|me|the (?:rest|actual \w+))\b))",
    re.IGNORECASE,
)
#: Each match of the above holds one of these; the pattern is tried around them alone.
_NEEDLES: Final = Needles(
    (
        *("todo!", "unimplemented!", "notimplemented", "not implemented", "not yet implemented"),
        *('panic("todo', 'panic("unimplemented', "rest of ", "remainder of "),
        *("code here", "implementation here", "logic here"),
        *("code goes here", "implementation goes here", "logic goes here"),
        *("implement this", "implement me", "implement the "),
    )
)
#: Characters on both sides of a needle: more than a match takes up.
_AROUND: Final = 300
_FUNCTION: Final = re.compile(r"^(?P<indent>[ \t]*)(?:async )?def (?P<name>\w+)\(", re.MULTILINE)
_CLASS: Final = re.compile(r"^(?P<indent>[ \t]*)class (?P<name>\w+)(?P<bases>[^:\n]*):?")
_ABSTRACT_BASES: Final = re.compile(r"\b(?:ABC|Protocol|Interface|ABCMeta)\b")
_EMPTY: Final = re.compile(
    r"(?:pass|\.\.\.|raise NotImplementedError(?:\([^\n]*\))?)[ \t]*(?:#.*)?"
)
_ABSTRACT: Final = re.compile(r"\babstract|@(?:typing\.)?overload|\bsubclass", re.IGNORECASE)
_SOUND_CLASS: Final = re.compile(
    r"Base|Abstract|Interface|Mixin|Protocol|Mock|Stub|Fake|Dummy|Null|No_?op|Test", re.IGNORECASE
)
_SOUND_NAMES: Final = re.compile(
    r"test|mock|stub|fake|dummy|noop|__\w+__|visit_\w+|on_\w+"
    r"|(?:close|flush|shutdown|setup|set_up|teardown|tear_down|cleanup)$"
)
_DOC: Final = re.compile(r'[ \t]*[rRuU]?("""|\'\'\')')


@dataclass(frozen=True, slots=True)
class Stub:
    """A stub's rule, and its characters in the code (half-open)."""

    rule: str
    start: int
    end: int


def stubs(code: str) -> Iterator[Stub]:
    """Yield the stubs of some code, in no particular order."""
    for start, end in _NEEDLES.windows(code, _AROUND):
        for found in _SAYS_SO.finditer(code, start, end):
            yield Stub(found.lastgroup or "", found.start(), found.end())
    if "def " in code and ("pass" in code or "..." in code or "NotImplementedError" in code):
        yield from _empty_functions(code)


def _empty_functions(code: str) -> Iterator[Stub]:
    lines = code.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    enclosing: list[tuple[int, bool]] = []
    for number in _lines_with(("class ", "def "), code, starts):
        line = lines[number]
        opened = _CLASS.match(line)
        found = _FUNCTION.match(line)
        if opened is not None or found is not None:
            indent = len((opened or found)["indent"])  # type: ignore[index]
            while enclosing and enclosing[-1][0] >= indent:
                enclosing.pop()
        if opened is not None:
            enclosing.append((indent, _is_sound_class(opened)))
        elif found is not None:
            body = _body(lines, number, indent)
            is_held = bool(enclosing) and enclosing[-1][1]
            enclosing.append((indent, is_held or bool(_SOUND_NAMES.match(found["name"]))))
            if body is None or is_held:
                continue
            if not _is_sound(found["name"], _decorator(lines, number), body[1]):
                yield Stub("empty_function", starts[number], starts[body[0]] + len(lines[body[0]]))


def _lines_with(words: Sequence[str], code: str, starts: Sequence[int]) -> list[int]:
    """Return the numbers of the lines that hold one of some words, in order."""
    found = set()
    for word in words:
        at = code.find(word)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            found.add(number)
            at = code.find(word, starts[number + 1])
    return sorted(found)


def _decorator(lines: Sequence[str], number: int) -> str:
    """Return the lines right above one that begin with an at, as one."""
    first = number
    while first and lines[first - 1].lstrip().startswith("@"):
        first -= 1
    return " ".join(line.strip() for line in lines[first:number])


def _is_sound_class(opened: re.Match[str]) -> bool:
    return bool(_SOUND_CLASS.search(opened["name"]) or _ABSTRACT_BASES.search(opened["bases"]))


def _is_sound(name: str, decorator: str, document: str) -> bool:
    found = _SOUND_NAMES.match(name), _ABSTRACT.search(decorator), _ABSTRACT.search(document)
    return any(found)


def _body(lines: list[str], number: int, indent: int) -> tuple[int, str] | None:
    """Return the line of a function's only statement and its docstring, where that is empty."""
    at = number
    while at < len(lines) and not lines[at].split("#")[0].rstrip().endswith(
        (":", ": ...", ": pass")
    ):
        at += 1
        if at - number > 30:
            return None
    if at >= len(lines):
        return None
    head = lines[at].split("#")[0].rstrip()
    if head.endswith((": ...", ": pass")):
        return at, ""
    at, document = _after_document(lines, at + 1)
    while at < len(lines) and (not lines[at].strip() or lines[at].strip().startswith("#")):
        at += 1
    if at >= len(lines) or not _EMPTY.fullmatch(lines[at].strip()):
        return None
    after = next((line for line in lines[at + 1 : at + 20] if line.strip()), "")
    is_all = len(after) - len(after.lstrip()) <= indent or not after
    return (at, document + lines[at]) if is_all else None


def _after_document(lines: list[str], at: int) -> tuple[int, str]:
    """Return the line after a docstring that begins here, and its text; at most 40 lines of it."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    opening = _DOC.match(lines[at]) if at < len(lines) else None
    if opening is None:
        return at, ""
    quote, text = opening[1], lines[at][opening.end() :]
    if quote in text:
        return at + 1, text
    for number in range(at + 1, min(at + 40, len(lines))):
        text += lines[number]
        if quote in lines[number]:
            return number + 1, text
    return at, ""
