"""What an agent had run: the commands in its tool calls, or in its text where it has no calls.

A call's arguments hold commands under the names that harnesses give them. An agent without tool
calls (SWE-agent's first form) acts by a fenced block in a turn that is answered.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from distill.firewall.fences import fenced_blocks
from distill.firewall.looking import seen
from distill.records.message import FunctionCall, Message
from distill.records.pointers import escape_token
from distill.records.run_texts import RunTexts

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


class AgentCall(NamedTuple):
    """One tool call: the number of its message in the run, its own number there, and itself."""

    message: int
    place: int
    function: FunctionCall

    @property
    def at(self) -> str:
        """Where it stands: ``/messages/N/tool_calls/M/function``."""
        return f"/messages/{self.message}/tool_calls/{self.place}/function"


class AgentCommand(NamedTuple):
    """A text that was run: in which message, from which character of its place on, and itself.

    It stands in the argument of a call that is named `name`, in the item of a list there, or is all
    of the call's arguments; where there is no call, it stands in the message's content.
    """

    message: int
    start: int
    text: str
    call: AgentCall | None = None
    name: str | None = None
    item: int | None = None

    @property
    def at(self) -> str:
        """Where it stands."""
        if self.call is None:
            return f"/messages/{self.message}/content"
        name = "" if self.name is None else f"/{escape_token(self.name)}"
        item = "" if self.item is None else f"/{self.item}"
        return f"{self.call.at}/arguments{name}{item}"


def agent_calls(messages: Sequence[Message]) -> Iterator[AgentCall]:
    """Yield every tool call of a run in order."""
    for number, message in enumerate(messages):
        if message.tool_calls:
            yield from calls_of(number, message)


def calls_of(number: int, message: Message) -> Iterator[AgentCall]:
    """Yield every tool call of one message, whose number in the run is given."""
    for place, call in enumerate(message.tool_calls or ()):
        yield AgentCall(number, place, call.function)


def calls_in(texts: RunTexts) -> tuple[AgentCall, ...]:
    """Return every tool call of a run in order, for all observers that ask."""
    return seen(texts, _calls)


def _calls(runs: Sequence[RunTexts]) -> list[tuple[AgentCall, ...]]:
    return [tuple(agent_calls(run.messages or ())) for run in runs]


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
    for tagged in _TAG.finditer(content) if "<" in content else ():
        yield tagged.span(1)


def text_commands(number: int, message: Message) -> Iterator[AgentCommand]:
    """Yield every command in the text of one message, whose number in the run is given."""
    content = message.content or ""
    for start, end in shell_spans(content):
        yield AgentCommand(number, start, content[start:end])


def call_commands(call: AgentCall) -> Iterator[AgentCommand]:
    """Yield every command text of one call's arguments."""
    arguments: Any = call.function.arguments
    if isinstance(arguments, str):
        if _RUNNERS.search(call.function.name):
            yield AgentCommand(call.message, 0, arguments, call)
        return
    for name, value in arguments.items():
        if name not in _COMMAND_NAMES:
            continue
        if isinstance(value, str):
            yield AgentCommand(call.message, 0, value, call, name)
        elif isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            # ["bash", "-lc", "ls"]: the last word is what is run; ["git", "log"]: all words are.
            if " " in value[-1] or "\n" in value[-1]:
                yield AgentCommand(call.message, 0, value[-1], call, name, len(value) - 1)
            else:
                yield AgentCommand(call.message, 0, " ".join(value), call, name, 0)


def _of_text(messages: Sequence[Message]) -> Iterator[AgentCommand]:
    for number, message in enumerate(messages[:-1]):
        if message.role == "assistant" and messages[number + 1].role != "assistant":
            yield from text_commands(number, message)
