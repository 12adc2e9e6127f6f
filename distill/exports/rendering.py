"""A conversation as one text for retrieval. Format ``distill.rendering/1``, `docs/exports.md`.

Turns are separated by a blank line. A turn is a line ``[role]`` (``[tool NAME]`` where the tool's
name is known), its content, and a line ``[call NAME] {arguments}`` for each call, the arguments as
compact JSON with sorted keys. A turn that says nothing is left out.
"""

from collections.abc import Sequence
from typing import Final

from distill.records.compact import compact
from distill.records.message import Message, ToolCall

RENDERING: Final = "distill.rendering/1"


def render(messages: Sequence[Message]) -> str:
    """Return the text of a conversation; "" where no turn says anything."""
    return "\n\n".join([_turn(message) for message in messages if not message.is_blank])


def _turn(message: Message) -> str:
    head = f"[{message.role} {message.name}]" if message.name else f"[{message.role}]"
    lines = [head, message.content] if message.content else [head]
    if message.tool_calls:
        lines += [f"[call {one.function.name}] {_arguments(one)}" for one in message.tool_calls]
    return "\n".join(lines)


def _arguments(call: ToolCall) -> str:
    arguments = call.function.arguments
    return arguments if isinstance(arguments, str) else compact(arguments)
