"""A conversation as one text for retrieval. Format ``distill.rendering/1``, `docs/exports.md`.

Turns are separated by a blank line. A turn is a line ``[role]`` (``[tool NAME]`` where the tool's
name is known), its content, and a line ``[call NAME] {arguments}`` for each call, the arguments as
compact JSON with sorted keys. A turn that says nothing is left out.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from distill.records.compact import compact
from distill.records.message import Message, ToolCall

RENDERING: Final = "distill.rendering/1"


def render(messages: Sequence[Message]) -> str:
    """Return the text of a conversation; "" where no turn says anything."""
    return "\n\n".join("\n".join(_lines(message)) for message in messages if not message.is_blank)


def _lines(message: Message) -> Iterator[str]:
    yield f"[{message.role} {message.name}]" if message.name else f"[{message.role}]"
    if message.content:
        yield message.content
    for call in message.tool_calls or ():
        yield f"[call {call.function.name}] {_arguments(call)}"


def _arguments(call: ToolCall) -> str:
    arguments = call.function.arguments
    return arguments if isinstance(arguments, str) else compact(arguments)
