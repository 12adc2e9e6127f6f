"""Gate: the code that a run hands in is written out.

Looked at is the answer: the fenced code of the last turn, the text of a run without messages (the
added lines of a diff), and what the agent's calls write to files, each file as it was left: a stub
that a later write or replacement takes away is no finding. Tests are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from distill.firewall.agent_commands import AgentCall, calls_in
from distill.firewall.fences import fenced_blocks
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.observation import finding_by_rule, marks_of
from distill.firewall.stubs import stubs
from distill.records.evidence import Mark, Observation
from distill.records.message import Message
from distill.records.pointers import escape_token
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "placeholder_code"
VERSION: Final = 2
_REASON: Final = QuarantineReason.PLACEHOLDER_CODE
_MOST_MARKS: Final = 50

_PATHS: Final = ("path", "file_path", "filename", "file")
_NAMED: Final = frozenset(_PATHS)
_WHOLE: Final = ("file_text", "content", "contents")
_NEW: Final = ("new_str", "new_string")
_OLD: Final = ("old_str", "old_string")
_NO_CODE: Final = frozenset({"text", "txt", "diff", "patch", "console", "markdown", "md", "json"})
_IN_TESTS: Final = re.compile(
    r"(?:^|[/_.-])(?:tests?|specs?|mocks?|fixtures?|conftest)(?:[/_.-]|$)", re.IGNORECASE
)
_ADDED: Final = re.compile(r"^\+(?!\+\+ )(.*)$", re.MULTILINE)
_DIFF: Final = re.compile(r"^(?:diff --git|--- \S|@@ )", re.MULTILINE)


def observe(texts: RunTexts) -> Observation | None:
    """Tell where stubs are handed in, the first 50."""
    marks = tuple(islice(_marks(texts), _MOST_MARKS))
    return Observation(version=VERSION, marks=marks) if marks else None


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no stub counts; `ignore` holds the rules that do not."""
    ignored = settings.firewall.placeholder_code.ignore
    return finding_by_rule(_REASON, marks_of(candidate, NAME, _REASON, ignored))


def _marks(texts: RunTexts) -> Iterator[Mark]:
    messages = texts.messages
    if messages is None:
        text = texts.text or ""
        yield from _of_diff("/text", text) if _is_diff(text) else _of_code("/text", text)
        return
    written = _Written()
    for call in calls_in(texts):
        written.take(call)
    yield from written.marks()
    last = next((n for n in range(len(messages) - 1, -1, -1) if _speaks(messages[n])), None)
    if last is not None:
        yield from _of_answer(f"/messages/{last}/content", messages[last].content or "")


def _is_diff(text: str) -> bool:
    may_be = any(one in text for one in ("diff --git", "--- ", "@@ "))
    return may_be and _DIFF.search(text) is not None


def _speaks(message: Message) -> bool:
    content = message.content or ""
    return message.role == "assistant" and content != "" and not content.isspace()


def _of_answer(at: str, content: str) -> Iterator[Mark]:
    for block in fenced_blocks(content):
        code = content[block.start : block.end]
        if block.language in ("diff", "patch"):
            yield from _of_diff(at, code, block.start)
        elif block.language not in _NO_CODE:
            yield from _of_code(at, code, block.start)


def _of_code(at: str, code: str, start: int = 0) -> Iterator[Mark]:
    for stub in stubs(code):
        yield Mark(rule=stub.rule, at=at, start=start + stub.start, end=start + stub.end)


def _of_diff(at: str, diff: str, start: int = 0) -> Iterator[Mark]:
    """Yield the stubs of a diff's added lines, each at the line that it ends on."""
    added = list(_ADDED.finditer(diff))
    code = "\n".join(found[1] for found in added)
    ends, total = [], 0
    for found in added:
        total += len(found[1]) + 1
        ends.append(total)
    stubbed = sorted(stubs(code), key=lambda stub: stub.end)
    number = 0
    for stub in stubbed:
        while ends[number] < stub.end:
            number += 1
        line = added[number]
        yield Mark(rule=stub.rule, at=at, start=start + line.start(1), end=start + line.end(1))


@dataclass
class _Written:
    """What calls wrote: of each file the stubs that it holds by now, with the code of each."""

    files: dict[str, list[tuple[Mark, str]]] = field(default_factory=dict)

    def take(self, call: AgentCall) -> None:
        """Take a call into account, if it writes to a file that is no test."""
        arguments = call.function.arguments
        if isinstance(arguments, str) or _NAMED.isdisjoint(arguments):
            return
        path = next((p for n in _PATHS if isinstance(p := arguments.get(n), str)), None)
        if path is None or _IN_TESTS.search(path):
            return
        for name in (*_WHOLE, *_NEW):
            code = arguments.get(name)
            if not isinstance(code, str):
                continue
            at = f"{call.at}/arguments/{escape_token(name)}"
            old = next((o for n in _OLD if isinstance(o := arguments.get(n), str)), "")
            kept = [] if name in _WHOLE else self._left(path, old)
            found = [(mark, code[mark.start : mark.end]) for mark in _of_code(at, code)]
            self.files[path] = [*kept, *found]

    def marks(self) -> Iterator[Mark]:
        """Yield where the stubs that are left were written."""
        for left in self.files.values():
            yield from (mark for mark, _ in left)

    def _left(self, path: str, old: str) -> list[tuple[Mark, str]]:
        """Return the stubs of a file that a replacement of some old text does not take away."""
        before = self.files.get(path, [])[:_MOST_MARKS]
        return [(mark, code) for mark, code in before if code.strip() not in old]
