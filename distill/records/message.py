"""Conversations in the form that TRL takes: role, content, tool calls with arguments as an object.

Source of the form: TRL 1.16, "Dataset formats", conversational and tool-calling.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

from msgspec import field

from distill.records.record import Record

Role = Literal["system", "developer", "user", "assistant", "tool"]
#: Who tells the model how to behave; and all who speak to it, tools apart.
INSTRUCTING_ROLES: Final = ("system", "developer")
PROMPTING_ROLES: Final = (*INSTRUCTING_ROLES, "user")


class FunctionCall(Record, frozen=True, kw_only=True):
    """The function that a model called; `arguments` is a string only where it can't be parsed."""

    name: str
    arguments: dict[str, Any] | str


class ToolCall(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One tool call of an assistant's message; without an id where the log has none."""

    type: Literal["function"] = field(default_factory=lambda: "function")  # written, always
    id: str | None = None
    function: FunctionCall


class Message(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One turn; what is null is left out of its line.

    `content` is null where the log has null (an assistant that only called tools).
    """

    role: Role
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    name: str | None = None
    tool_call_id: str | None = None

    @property
    def is_blank(self) -> bool:
        """True where the turn says nothing: no call, and no text but white space."""
        return not (self.tool_calls or (self.content and not self.content.isspace()))


def first_turn(messages: Sequence[Message]) -> int:
    """Return the number of the first assistant's message; the length where none speaks."""
    turns = (number for number, message in enumerate(messages) if message.role == "assistant")
    return next(turns, len(messages))
