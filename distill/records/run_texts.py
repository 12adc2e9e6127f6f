"""Every text of a run, with its place: what observers look at, and what a redaction changes.

A place is the RFC 6901 pointer from the evidence record: ``/text``, ``/messages/2/content``,
``/messages/2/name``, ``/messages/2/tool_calls/0/function/name``, and below
``…/function/arguments`` and ``/tools`` every string, every member's name, and every number as its
JSON text. Labels are what names a run, its task and its calls: they are short, nobody said them,
and yet they may quote: ``/logged_run_id``, ``/task/task_id``, ``/subject``, ``/model``,
``/messages/2/tool_call_id``, ``/messages/2/tool_calls/0/id``.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any, Final, Self, TypeVar

from distill.records.message import Message, ToolCall
from distill.records.pointers import escape_token

T = TypeVar("T")

TOOLS_ROLE: Final = "tools"
TEXT_ROLE: Final = "text"
LABEL_ROLE: Final = "label"
#: The place of the run's own id in the log.
RUN_ID: Final = "/logged_run_id"


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


@dataclass(frozen=True, slots=True)
class JoinedTexts:
    """The UTF-8 bytes of many texts with a NUL between them, for one pass over all of a run.

    `starts` are the places at which the texts begin. A lone surrogate, as a log may hold, is three
    bytes. A text may hold a NUL of its own.
    """

    texts: tuple[PlacedText, ...]
    raw: bytes
    starts: tuple[int, ...]
    _found: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, texts: tuple[PlacedText, ...]) -> Self:
        """Join texts."""
        pieces = [placed.text.encode("utf-8", "surrogatepass") for placed in texts]
        starts = accumulate((len(piece) + 1 for piece in pieces), initial=0)
        return cls(texts, b"\0".join(pieces), tuple(starts)[:-1])

    def once(self, look: Callable[[bytes], T]) -> T:
        """Return what a function makes of the bytes, which is asked once for all observers."""
        if look not in self._found:
            self._found[look] = look(self.raw)
        found: T = self._found[look]
        return found

    def at(self, place: int) -> int:
        """Return the number of the text that a byte belongs to."""
        return bisect_right(self.starts, place) - 1


@dataclass(frozen=True, kw_only=True)
class RunTexts:
    """What observers are asked about: one run, as its evidence record will hold it.

    `answer_keys` are the texts that may stand in no prompt; they are not kept in the evidence.
    `repository` and `commit` are what the task table says that the task is about.
    `cut_short` says what ended the run before its agent did, null where the log does not.
    `is_observed`: the log says that the user's turns which answer the agent's are what its acts led
    to, and nobody's words.
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

    @cached_property
    def all(self) -> tuple[PlacedText, ...]:
        """Every text that is not empty, in the order of the record."""
        return tuple(self._texts())

    @cached_property
    def labels(self) -> tuple[PlacedText, ...]:
        """Every label that is not empty, those of the run first."""
        return tuple(PlacedText(at, LABEL_ROLE, text) for at, text in self._labels() if text)

    @cached_property
    def joined(self) -> JoinedTexts:
        """All texts and labels as one."""
        return JoinedTexts.of((*self.all, *self.labels))

    def _labels(self) -> Iterator[tuple[str, str | None]]:
        yield RUN_ID, self.logged_run_id
        yield "/task/task_id", self.task_id
        yield "/subject", self.subject
        yield "/model", self.model
        for number, message in enumerate(self.messages or ()):
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
