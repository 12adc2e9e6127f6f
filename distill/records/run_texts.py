"""Every text of a run, with its place: what observers look at, and what a redaction changes.

A place is the RFC 6901 pointer from the evidence record: ``/text``, ``/messages/2/content``,
``/messages/2/name``, ``/messages/2/tool_calls/0/function/name``, and below
``…/function/arguments`` and ``/tools`` every string, every member's name, and every number as its
JSON text. Labels are what names a run, its task and its calls: they are short, nobody said them,
and yet they may quote: ``/logged_run_id``, ``/task/task_id``, ``/subject``, ``/model``,
``/messages/2/tool_call_id``, ``/messages/2/tool_calls/0/id``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, TypeAlias

from distill.records.joined_texts import JoinedTexts, PlacedText
from distill.records.message import FunctionCall, Message, ToolCall
from distill.records.pointers import escape_token

TOOLS_ROLE: Final = "tools"
TEXT_ROLE: Final = "text"
LABEL_ROLE: Final = "label"
#: The place of the run's own id in the log.
RUN_ID: Final = "/logged_run_id"
#: Where the labels of the run itself stand, in their order.
_NAMES: Final = (RUN_ID, "/task/task_id", "/subject", "/model")

_Messages: TypeAlias = tuple[Message, ...] | None
_Tools: TypeAlias = tuple[dict[str, Any], ...] | None
_Names: TypeAlias = tuple[str | None, str | None, str | None, str | None]


class Looked:
    """What was seen of a run, by the functions that looked; and the runs looked at with it."""

    __slots__ = ("beside", "found")

    def __init__(self) -> None:
        self.found: dict[object, Any] = {}
        self.beside: Sequence[RunTexts] = ()


@dataclass(frozen=True, kw_only=True)
class RunTexts:
    """What observers are asked about: one run, as its evidence record will hold it.

    `answer_keys` are the texts that may stand in no prompt; they are not kept in the evidence.
    `repository` and `commit` are what the task table says that the task is about.
    `cut_short` says what ended the run before its agent did, null where the log does not.
    `is_observed`: the log says that the user's turns which answer the agent's are what its acts led
    to, and nobody's words. `looked` is for `distill.firewall.looking`.
    """

    messages: tuple[Message, ...] | None = None
    text: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    dataset: str = ""
    logged_run_id: str | None = None
    task_id: str | None = None
    subject: str | None = None
    model: str | None = None
    answer_keys: tuple[str, ...] = ()
    repository: str | None = None
    commit: str | None = None
    cut_short: str | None = None
    is_observed: bool = False
    looked: Looked = field(default_factory=Looked, init=False, repr=False, compare=False)

    @cached_property
    def all(self) -> tuple[PlacedText, ...]:
        """Every text that is not empty, in the order of the record."""
        return tuple(_texts(self.messages, self.text, self.tools))

    @cached_property
    def labels(self) -> tuple[PlacedText, ...]:
        """Every label that is not empty, those of the run first."""
        return tuple(_labels(self._names, self.messages))

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """The characters of `all` without their places, which take four times as long."""
        found: list[str] = []
        for message in self.messages or ():
            if message.content:
                found.append(message.content)
            for call in message.tool_calls or ():
                _add_strings_of(call.function, found)
            if message.name:
                found.append(message.name)
        if self.text:
            found.append(self.text)
        if self.tools:
            _add_strings(self.tools, found)
        return tuple(found)

    @cached_property
    def joined(self) -> JoinedTexts:
        """All texts and labels as one."""
        names = self._names
        strings = (*self.strings, *filter(None, names), *filter(None, self._ids()))
        # What asks for the places holds the texts and not the run: the run holds what is returned.
        return JoinedTexts(strings, partial(_placed, self.messages, self.text, self.tools, names))

    @property
    def _names(self) -> _Names:
        return self.logged_run_id, self.task_id, self.subject, self.model

    def _ids(self) -> list[str | None]:
        """Return the ids of calls without their places, in the order of `labels`."""
        found: list[str | None] = []
        for message in self.messages or ():
            if message.tool_call_id:
                found.append(message.tool_call_id)
            if message.tool_calls:
                found += [call.id for call in message.tool_calls]
        return found


def _placed(
    messages: _Messages, text: str | None, tools: _Tools, names: _Names
) -> tuple[PlacedText, ...]:
    """Return what `RunTexts.all` and `RunTexts.labels` do, one after the other."""
    return (*_texts(messages, text, tools), *_labels(names, messages))


def _labels(names: _Names, messages: _Messages) -> Iterator[PlacedText]:
    found = [*zip(_NAMES, names, strict=True)]
    for number, message in enumerate(messages or ()):
        found.append((f"/messages/{number}/tool_call_id", message.tool_call_id))
        for place, call in enumerate(message.tool_calls or ()):
            found.append((f"/messages/{number}/tool_calls/{place}/id", call.id))
    return (PlacedText(at, LABEL_ROLE, text) for at, text in found if text)


def _texts(messages: _Messages, text: str | None, tools: _Tools) -> Iterator[PlacedText]:
    for number, message in enumerate(messages or ()):
        yield from _message_texts(f"/messages/{number}", message)
    if text:
        yield PlacedText("/text", TEXT_ROLE, text)
    yield from _values("/tools", TOOLS_ROLE, tools or ())


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
                    yield PlacedText(f"{at}/{escape_token(key)}", role, key, in_key=True)
            waiting += [(f"{at}/{escape_token(key)}", value[key]) for key in reversed(value)]
        elif isinstance(value, Sequence):
            waiting += [(f"{at}/{i}", value[i]) for i in range(len(value) - 1, -1, -1)]


def _add_strings_of(called: FunctionCall, found: list[str]) -> None:
    """Add the characters of what `_call_texts` yields."""
    if called.name:
        found.append(called.name)
    arguments = called.arguments
    if isinstance(arguments, str):
        if arguments:
            found.append(arguments)
    elif type(arguments) is dict and all(type(one) is str for one in arguments.values()):
        found += filter(None, (*arguments, *arguments.values()))
    else:
        _add_strings(arguments, found)


def _add_strings(value: Any, found: list[str]) -> None:
    """Add the characters of what `_values` yields."""
    waiting: list[Any] = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if value:
                found.append(value)
        elif isinstance(value, dict):
            found += filter(None, value)
            waiting += reversed(value.values())
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int | float):
            found.append(repr(value))
        elif isinstance(value, Sequence):
            waiting += reversed(value)
