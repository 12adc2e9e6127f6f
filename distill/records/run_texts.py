"""Every text of a run, with its place: what observers look at, and what a redaction changes.

A place is the RFC 6901 pointer from the evidence record: ``/text``, ``/messages/2/content``,
``/messages/2/name``, ``/messages/2/tool_calls/0/function/name``, and below
``…/function/arguments`` and ``/tools`` every string, every member's name, and every number as its
JSON text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from distill.records.message import Message, ToolCall

TOOLS_ROLE: Final = "tools"
TEXT_ROLE: Final = "text"


@dataclass(frozen=True, slots=True)
class PlacedText:
    """One text: its place, who said it (a message's role, ``tools`` or ``text``), its characters.

    `in_key` where it is a member's name; `is_number` where it is a number's JSON text, which no
    part can be replaced of.
    """

    at: str
    role: str
    text: str
    in_key: bool = False
    is_number: bool = False


@dataclass(frozen=True, kw_only=True)
class RunTexts:
    """What observers are asked about: one run, as its evidence record will hold it.

    `answer_keys` are the texts that may stand in no prompt; they are not kept in the evidence.
    """

    messages: tuple[Message, ...] | None = None
    text: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    dataset: str = ""
    task_id: str | None = None
    subject: str | None = None
    model: str | None = None
    answer_keys: tuple[str, ...] = ()

    @cached_property
    def all(self) -> tuple[PlacedText, ...]:
        """Every text that is not empty, in the order of the record."""
        return tuple(self._texts())

    def _texts(self) -> Iterator[PlacedText]:
        for number, message in enumerate(self.messages or ()):
            yield from _message_texts(f"/messages/{number}", message)
        if self.text:
            yield PlacedText("/text", TEXT_ROLE, self.text)
        yield from _values("/tools", TOOLS_ROLE, self.tools or ())


def _message_texts(at: str, message: Message) -> Iterator[PlacedText]:
    if message.content:
        yield PlacedText(f"{at}/content", message.role, message.content)
    for number, call in enumerate(message.tool_calls or ()):
        yield from _call_texts(f"{at}/tool_calls/{number}/function", message.role, call)
    if message.name:
        yield PlacedText(f"{at}/name", message.role, message.name)


def _call_texts(at: str, role: str, call: ToolCall) -> Iterator[PlacedText]:
    if call.function.name:
        yield PlacedText(f"{at}/name", role, call.function.name)
    yield from _values(f"{at}/arguments", role, call.function.arguments)


def _values(at: str, role: str, value: Any) -> Iterator[PlacedText]:
    """Yield the texts of a JSON value, without recursion: its depth is the log's choice."""
    waiting: list[tuple[str, Any]] = [(at, value)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, str):
            if value:
                yield PlacedText(at, role, value)
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int | float):
            yield PlacedText(at, role, repr(value), is_number=True)
        elif isinstance(value, dict):
            for key in value:
                if key:
                    yield PlacedText(f"{at}/{_token(key)}", role, key, in_key=True)
            waiting += [(f"{at}/{_token(key)}", value[key]) for key in reversed(value)]
        elif isinstance(value, Sequence):
            waiting += [(f"{at}/{i}", value[i]) for i in range(len(value) - 1, -1, -1)]


def _token(key: str) -> str:
    """Return a key as a reference token (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")
