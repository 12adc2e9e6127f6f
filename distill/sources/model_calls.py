"""From the steps of one trace to its one conversation, without doubling what each step repeats.

Each model call of a trace holds the whole history before it. So calls are folded into *threads*:

1. A call whose input begins with all that a thread's last call was given goes on with that thread,
   and takes its place: its input is what was really said until then. Where that was instructions
   alone, it must begin with the answer to them, too.
2. A call whose input begins with tools' answers, each to an open call of one thread, goes on with
   that thread: the logger kept only what was added.
3. Any other call begins a thread: a sub-agent, another question, a history that was compacted.

The trace's conversation is the thread that ends in the trace's own output, where it says one; else
the longest; of equal ones the last to begin. Laws: the order of the calls in the log doesn't matter
(they are told apart by `order`); the time is linear in the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import Any

from distill.records.compact import compact
from distill.records.message import INSTRUCTING_ROLES, PROMPTING_ROLES, Message, ToolCall
from distill.sources.chat_values import Chat, Reading
from distill.sources.facts import prompt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one step was given and gave back.

    `order` sorts the steps of a trace, no two alike. `is_call`: it is a model call, no step around
    some. `failed`: it ended with an error. `cut_short`: the finish reason of an answer that was cut
    off.
    """

    order: tuple[Any, ...]
    identity: str
    given: Chat
    gave: Chat
    is_call: bool
    failed: bool = False
    model: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    cut_short: str | None = None

    @property
    def is_transcript(self) -> bool:
        """True where the step gave the whole conversation back, so that its input says no more."""
        gave = self.gave.messages
        return (
            bool(gave) and self.gave.reading is Reading.MESSAGES and gave[0].role in PROMPTING_ROLES
        )

    @property
    def is_chat(self) -> bool:
        """True where it was given messages, or gave back some."""
        if self.given.reading is Reading.NOTHING:
            return self.gave.reading is Reading.MESSAGES
        return self.given.reading is Reading.MESSAGES or self.is_transcript

    @property
    def is_unreadable(self) -> bool:
        """True where one side holds something that is no conversation."""
        if self.is_transcript:
            return False
        return Reading.UNREADABLE in (self.given.reading, self.gave.reading)

    @property
    def is_text(self) -> bool:
        """True where one side is a bare text and none is unreadable."""
        return Reading.TEXT in (self.given.reading, self.gave.reading) and not self.is_unreadable

    @property
    def says_nothing(self) -> bool:
        """True where neither side was logged."""
        return not self.given.messages and not self.gave.messages and not self.is_unreadable

    @property
    def is_partly_silent(self) -> bool:
        """True where a side was not logged, but for the answer of a call that failed."""
        if self.is_transcript:
            return False
        return not self.given.messages or (not self.gave.messages and not self.failed)


@dataclass(slots=True)
class Thread:
    """A conversation as its last call tells it: what that was given, and what it gave back.

    `digests` stand at the end of what was given.
    """

    given: tuple[Message, ...]
    gave: tuple[Message, ...]
    last: Exchange
    tools: tuple[dict[str, Any], ...] | None
    digests: "_Digests"

    @property
    def messages(self) -> tuple[Message, ...]:
        """All turns."""
        return self.given + self.gave

    @property
    def is_whole(self) -> bool:
        """True where a prompt stands first, and an assistant speaks."""
        messages = self.messages
        is_begun = bool(messages) and messages[0].role in PROMPTING_ROLES
        return is_begun and any(message.role == "assistant" for message in messages)


def fold(exchanges: Iterable[Exchange]) -> list[Thread]:
    """Return the threads of some steps, in the order of their first calls."""
    folding = _Folding()
    for one in sorted(exchanges, key=lambda exchange: exchange.order):
        folding.add(one)
    return folding.threads


class _Folding:
    """Finds the thread of one call after another."""

    def __init__(self) -> None:
        self.threads: list[Thread] = []
        self._by_beginning: dict[bytes, Thread] = {}
        self._by_open_call: dict[str, Thread] = {}

    def add(self, one: Exchange) -> None:
        """Put a call to the thread that it goes on with, or begin one."""
        given, gave = _sides(one)
        if not given and not gave:
            return
        digests = _Digests()
        beginnings = [digests.after(message) for message in given]
        known = self._by_beginning
        found = next((known[d] for d in reversed(beginnings) if d in known), None)
        if found is None and (found := _answered(given, self._by_open_call)) is not None:
            digests = found.digests
            for message in (*found.gave, *given):
                digests.after(message)
            given = found.messages + given
        if found is None:
            found = Thread(given, gave, one, one.tools, digests)
            self.threads.append(found)
        found.given, found.gave, found.last, found.digests = given, gave, one, digests
        found.tools = one.tools if one.tools is not None else found.tools
        known[_beginning_of(digests, given, gave)] = found
        open_calls = (call.id for call in _open_calls(gave) if call.id is not None)
        self._by_open_call.update((identity, found) for identity in open_calls)


def choose(threads: Sequence[Thread], final: str | None) -> Thread | None:
    """Return the thread that is the trace's conversation; `final` is the text that it ended in."""
    whole = [thread for thread in threads if thread.is_whole]
    if final is not None:
        ending = [thread for thread in whole if _last_text(thread.messages) == final.strip()]
        whole = ending or whole
    ranked = [(len(thread.messages), number) for number, thread in enumerate(whole)]
    return whole[max(ranked)[1]] if ranked else None


def last_text(messages: Sequence[Message]) -> str | None:
    """Return what the last assistant's turn says; null where none says anything."""
    return _last_text(messages) or None


def _last_text(messages: Sequence[Message]) -> str:
    said = (message.content for message in reversed(messages) if message.role == "assistant")
    return (next(said, None) or "").strip()


def _sides(one: Exchange) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return what went in and what came out, with neither holding the other's turns again."""
    given, gave = one.given.messages, one.gave.messages
    if one.is_transcript:
        prompt = prompt_of(gave)
        return prompt, gave[len(prompt) :]
    if one.is_call:
        gave = _one_choice(gave)
    if gave and given[-len(gave) :] == gave:
        given = given[: -len(gave)]
    return given, gave


def _one_choice(gave: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the answer of a call that gave several: all calls of tools as one turn, or the first.

    The conventions give one message a choice; some loggers give one a parallel call.
    """
    if len(gave) < 2 or any(message.role != "assistant" for message in gave):
        return gave
    if not all(message.tool_calls and not message.content for message in gave):
        return gave[:1]
    calls = tuple(chain.from_iterable(message.tool_calls or () for message in gave))
    return (gave[0].changed(tool_calls=calls),)


class _Digests:
    """Digests of the beginnings of one conversation, each in the time of its last message."""

    def __init__(self) -> None:
        self._state = blake2b(digest_size=16)

    def after(self, message: Message) -> bytes:
        """Return the digest of the conversation with this message at its end."""
        value = message.as_json()
        # An empty text beside calls is written as null, as "" or not at all.
        text = compact({**value, "content": value.get("content") or ""})
        self._state.update(text.encode() + b"\n")
        return self.now()

    def now(self) -> bytes:
        """Return the digest of the conversation so far."""
        return self._state.copy().digest()

    def copy(self) -> "_Digests":
        """Return another one at the same place."""
        other = _Digests()
        other._state = self._state.copy()
        return other


def _beginning_of(digests: _Digests, given: Sequence[Message], gave: Sequence[Message]) -> bytes:
    """Return the digest of what a later call must begin with to go on with these turns.

    It is what was given; where that is instructions alone, which many conversations share, what
    was given back too.
    """
    if any(message.role not in INSTRUCTING_ROLES for message in given):
        return digests.now()
    after = digests.copy()
    for message in gave:
        after.after(message)
    return after.now()


def _answered(given: Sequence[Message], by_open_call: dict[str, Thread]) -> Thread | None:
    """Return the one thread whose open calls the first messages answer."""
    answers: list[str | None] = []
    for message in given:
        if message.role != "tool":
            break
        answers.append(message.tool_call_id)
    threads = [by_open_call.get(answer) if answer else None for answer in answers]
    first = threads[0] if threads else None
    if first is None or any(thread is not first for thread in threads):
        return None
    open_calls = {call.id for call in _open_calls(first.gave)}
    return first if all(answer in open_calls for answer in answers) else None


def _open_calls(messages: Sequence[Message]) -> list[ToolCall]:
    if not messages or messages[-1].role != "assistant":
        return []
    return list(messages[-1].tool_calls or ())
