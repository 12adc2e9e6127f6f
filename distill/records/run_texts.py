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
from functools import cached_property
from typing import Any, Final

from distill.records.joined_texts import JoinedTexts, PlacedText
from distill.records.message import FunctionCall, Message, ToolCall
from distill.records.pointers import escape_token

TOOLS_ROLE: Final = "tools"
TEXT_ROLE: Final = "text"
LABEL_ROLE: Final = "label"
#: The place of the run's own id in the log.
RUN_ID: Final = "/logged_run_id"


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
        return tuple(self._texts())

    @cached_property
    def labels(self) -> tuple[PlacedText, ...]:
        """Every label that is not empty, those of the run first."""
        return tuple(PlacedText(at, LABEL_ROLE, text) for at, text in self._labels() if text)

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
        labels = (self.logged_run_id, self.task_id, self.subject, self.model, *self._ids())
        return JoinedTexts(
            (*self.strings, *filter(None, labels)), lambda: (*self.all, *self.labels)
        )

    def _ids(self) -> list[str | None]:
        """Return the ids of calls without their places, in the order of `labels`."""
        found: list[str | None] = []
        for message in self.messages or ():
            if message.tool_call_id:
                found.append(message.tool_call_id)
            if message.tool_calls:
                found += [call.id for call in message.tool_calls]
        return found

    def _labels(self) -> Iterator[tuple[str, str | None]]:
        yield RUN_ID, self.logged_run_id
        yield "/task/task_id", self.task_id
        yield "/subject", self.subject
        yield "/model", self.model
        for number, message in enumerate(self.messages or ()):
            if message.tool_call_id:
                yield f"/messages/{number}/tool_call_id", message.tool_call_id
            for place, call in enumerate(message.tool_calls or ()):
                yield f"/messages/{number}/tool_calls/{place}/id", call.id

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
