"""What an agent said last: its last turn, or the text of the act by which it ended its run.

Agents that work with tools often answer by one: ``submit``, ``final_answer``, ``respond``, or an
``echo`` that does nothing but show a text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from distill.firewall.agent_commands import (
    AgentCall,
    AgentCommand,
    call_commands,
    calls_of,
    strings_of,
    text_commands,
)
from distill.firewall.shell_words import simple_commands
from distill.records.message import Message

#: What names of such tools are made of: one of the first at least, and nothing but these.
_CLOSING: Final = frozenset(
    {"submit", "submission", "finish", "final", "answer", "respond", "response", "reply", "done"}
    | {"complete", "completion", "conclude", "terminate", "exit", "end", "say", "message"}
)
_BESIDE: Final = frozenset(
    {"task", "the", "result", "output", "user", "to", "with", "attempt", "text", "chat", "mark"}
    | {"and", "work", "job", "solution", "give", "send", "agent", "run", "conversation", "as"}
)
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SAID_AS: Final = frozenset(
    {"answer", "message", "response", "text", "content", "output", "result", "reply", "reason"}
    | {"final_answer", "final_output", "submission", "summary", "comment", "value", "input", ""}
)
_ECHOES: Final = frozenset({"echo", "printf", "print"})
#: A longer command shows more than a sentence.
_LONGEST: Final = 2000
_FLAGS: Final = frozenset({"-e", "-n", "-E", "-en", "-ne", "--", "%s", "%s\\n"})


class Said(NamedTuple):
    """A text, its pointer, and from which character to which it stands there.

    `is_act` where it is the argument of an act, and not the turn itself.
    """

    at: str
    start: int
    end: int
    text: str
    is_act: bool = False


def last_words(messages: Sequence[Message]) -> Iterator[Said]:
    """Yield what the agent's last turn says to whom it works for; of several calls nothing."""
    number = len(messages) - 1
    while number >= 0 and (messages[number].role != "assistant" or messages[number].is_blank):
        number -= 1
    if number < 0:
        return
    turn = _turn(number, messages[number])
    calls = list(calls_of(number, messages[number]))
    if not calls:
        yield turn
        yield from _echoed(list(text_commands(number, messages[number])))
    elif len(calls) == 1 and _is_closing(calls[0].function.name):
        yield from list(_arguments(calls[0])) or [turn]
    elif len(calls) == 1:
        yield from _echoed(list(call_commands(calls[0])))


def _turn(number: int, message: Message) -> Said:
    content = message.content or ""
    return Said(f"/messages/{number}/content", 0, len(content), content)


def _is_closing(name: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(name[:80])}
    return bool(words & _CLOSING) and words <= _CLOSING | _BESIDE


def _arguments(call: AgentCall) -> Iterator[Said]:
    found = list(strings_of(call))
    for name, at, text in found:
        if text.strip() and (len(found) == 1 or name in _SAID_AS):
            yield Said(at, 0, len(text), text, is_act=True)


def _echoed(commands: Sequence[AgentCommand]) -> Iterator[Said]:
    """Yield the text of a turn's only command, where that is an ``echo`` and leads nowhere."""
    if len(commands) != 1 or len(commands[0].text) > _LONGEST:
        return
    command = commands[0]
    text = _shown(command.text)
    if text is not None:
        end = command.start + len(command.text)
        yield Said(command.at, command.start, end, text, is_act=True)


def _shown(command: str) -> str | None:
    commands = list(simple_commands(command))
    if len(commands) != 1 or commands[0].words[0] not in _ECHOES:
        return None
    words = [word for word in commands[0].words[1:] if word not in _FLAGS]
    return None if any(">" in word for word in words) else " ".join(words)
