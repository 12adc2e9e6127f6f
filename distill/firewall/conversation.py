"""How a conversation is cut: where it ends, and what two of them have in common."""

import json
from collections.abc import Sequence

from distill.records.message import Message

Messages = Sequence[Message]


def to_last_turn(messages: Messages) -> Messages:
    """Return a conversation up to its last assistant's message; none where none speaks."""
    for end in range(len(messages), 0, -1):
        if messages[end - 1].role == "assistant":
            return messages[:end]
    return ()


def common_beginning(first: Messages, second: Messages) -> int:
    """Return how many messages two conversations have in common from their beginning on."""
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        if not _is_same(one, other):
            return number
    return min(len(first), len(second))


def _is_same(one: Message, other: Message) -> bool:
    """Say whether two messages are the same JSON: Python alone takes 1, 1.0 and true for equal."""
    if one != other:
        return False
    return not one.tool_calls or _as_json(one) == _as_json(other)


def _as_json(message: Message) -> str:
    return json.dumps(message.as_json(), sort_keys=True, default=repr)
