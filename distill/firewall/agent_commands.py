"""What an agent had run: the commands in its tool calls, or in its text where it has no calls.

A call's arguments hold commands under the names that harnesses give them. An agent without tool
calls (SWE-agent's first form) acts by a fenced block in a turn that is answered.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from distill.firewall.fences import fenced_blocks
from distill.records.message import FunctionCall, Message
from distill.records.pointers import escape_token

_COMMAND_NAMES: Final = frozenset(
    {
        *("command", "cmd", "commands", "script", "code", "keystrokes"),
        *("bash", "shell", "input", "bash_command"),
    }
)
_RUNNERS: Final = re.compile(r"bash|shell|exec|terminal|command|run|python", re.IGNORECASE)
#: ``mswea_bash_command`` is mini-swe-agent's.
_SHELL_BLOCKS: Final = frozenset(
    {"", "bash", "sh", "shell", "zsh", "console", "mswea_bash_command"}
)
_TAG: Final = re.compile(r"<(?:execute_bash|command|parameter=command)>([^<]*)")


class AgentCommand(NamedTuple):
    """A text that was run, where it stands, from which character on, and in which message."""

    message: int
    at: str
    start: int
    text: str


class AgentCall(NamedTuple):
    """One tool call with its place, ``/messages/N/tool_calls/M/function``."""

    message: int
    at: str
    function: FunctionCall


def agent_calls(messages: Sequence[Message]) -> Iterator[AgentCall]:
    """Yield every tool call of a run in order."""
    for number, message in enumerate(messages):
        yield from calls_of(number, message)


def calls_of(number: int, message: Message) -> Iterator[AgentCall]:
    """Yield every tool call of one message, whose number in the run is given."""
    for place, call in enumerate(message.tool_calls or ()):
        yield AgentCall(number, f"/messages/{number}/tool_calls/{place}/function", call.function)


def agent_commands(
    messages: Sequence[Message], calls: Sequence[AgentCall]
) -> Iterator[AgentCommand]:
    """Yield every command text of a run in order; ``calls`` are all of its calls."""
    for call in calls:
        yield from call_commands(call)
    if not calls:
        yield from _of_text(messages)


def strings_of(call: AgentCall) -> Iterator[tuple[str, str, str]]:
    """Yield name, pointer and text of each string among a call's arguments, two levels deep."""
    arguments = call.function.arguments
    if isinstance(arguments, str):
        yield "", f"{call.at}/arguments", arguments
        return
    for name, value in arguments.items():
        at = f"{call.at}/arguments/{escape_token(name)}"
        if isinstance(value, str):
            yield name, at, value
        elif isinstance(value, list | tuple):
            items = ((number, one) for number, one in enumerate(value) if isinstance(one, str))
            yield from ((name, f"{at}/{number}", one) for number, one in items)
        elif isinstance(value, dict):
            inner = ((key, one) for key, one in value.items() if isinstance(one, str))
            yield from ((key, f"{at}/{escape_token(key)}", one) for key, one in inner)


def shell_spans(content: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each command in a turn's text: blocks of a shell, then tags."""
    for block in fenced_blocks(content):
        if block.language in _SHELL_BLOCKS:
            yield block.start, block.end
    for tagged in _TAG.finditer(content):
        yield tagged.span(1)


def text_commands(number: int, message: Message) -> Iterator[AgentCommand]:
    """Yield every command in the text of one message, whose number in the run is given."""
    content = message.content or ""
    for start, end in shell_spans(content):
        yield AgentCommand(number, f"/messages/{number}/content", start, content[start:end])


def call_commands(call: AgentCall) -> Iterator[AgentCommand]:
    """Yield every command text of one call's arguments."""
    arguments: Any = call.function.arguments
    if isinstance(arguments, str):
        if _RUNNERS.search(call.function.name):
            yield AgentCommand(call.message, f"{call.at}/arguments", 0, arguments)
        return
    for name, value in arguments.items():
        if name not in _COMMAND_NAMES:
            continue
        at = f"{call.at}/arguments/{escape_token(name)}"
        if isinstance(value, str):
            yield AgentCommand(call.message, at, 0, value)
        elif isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            # ["bash", "-lc", "ls"]: the last word is what is run; ["git", "log"]: all words are.
            if " " in value[-1] or "\n" in value[-1]:
                yield AgentCommand(call.message, f"{at}/{len(value) - 1}", 0, value[-1])
            else:
                yield AgentCommand(call.message, f"{at}/0", 0, " ".join(value))


def _of_text(messages: Sequence[Message]) -> Iterator[AgentCommand]:
    for number, message in enumerate(messages[:-1]):
        if message.role == "assistant" and messages[number + 1].role != "assistant":
            yield from text_commands(number, message)
