"""From the values at a row's pointers to a conversation or a text."""

from itertools import zip_longest
from typing import Any

from distill.records.compact import compact
from distill.records.message import INSTRUCTING_ROLES, Message, Role
from distill.sources.messages import read_messages, violation
from distill.sources.strict_json import name_type, parse_value


def read_turns(value: Any, role: Role) -> tuple[Message, ...]:
    """Return the turns that a prompt (`role` user) or a response (assistant) holds.

    A text, or a list of texts (joined by newlines), is one turn; a message or a list of messages
    stays what it is; null is none.

    Raises:
        RecordError: `schema_violation`: the value is of another type.
    """
    if value is None:
        return ()
    if isinstance(value, dict) or (isinstance(value, list) and _holds_objects(value)):
        return read_messages(value)
    return (Message(role=role, content=read_text(value)),)


def read_exchange(actions: list[Any], observations: Any) -> tuple[Message, ...]:
    """Return actions as the assistant's turns, and after each what it led to as the user's.

    The last action may have no observation.

    Raises:
        RecordError: `schema_violation`: there are more or fewer observations, or one is no text.
    """
    seen = observations if isinstance(observations, list) else []
    if len(seen) not in (len(actions), len(actions) - 1):
        detail = f"{len(seen)} observations of {len(actions)} actions"
        raise violation("observations_unequal", detail)
    turns = []
    for action, observation in zip_longest(actions, seen):
        turns.append(Message(role="assistant", content=read_text(action)))
        if observation is not None:
            turns.append(Message(role="user", content=read_text(observation)))
    return tuple(turns)


def read_text(value: Any) -> str:
    """Return a text, or a list of texts joined by newlines.

    Raises:
        RecordError: `schema_violation`: the value is of another type.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    raise violation("no_text", f"a JSON {name_type(value)} where a text must stand")


def with_system(messages: tuple[Message, ...], system: str) -> tuple[Message, ...]:
    """Return the conversation with a system message first, unless it has one or it is blank."""
    if not system.strip() or has_system(messages):
        return messages
    return (Message(role="system", content=system), *messages)


def has_system(messages: tuple[Message, ...]) -> bool:
    """Say whether anybody told the model how to behave."""
    return any(message.role in INSTRUCTING_ROLES for message in messages)


def read_tools(value: Any) -> tuple[dict[str, Any], ...] | None:
    """Return the tools offered to the model in OpenAI's form; null is "the log does not say".

    Raises:
        RecordError: `schema_violation`: the value is no list of objects.
    """
    if isinstance(value, str):
        value = parse_value(value.encode()) if value.strip() else None
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise violation("tools_no_list", "tools are no list of objects")
    return tuple(_as_function(tool) for tool in value)


def read_keys(value: Any) -> tuple[str, ...]:
    """Return the texts of an answer key: a list's one by one, other values as compact JSON."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(text for item in value for text in read_keys(item))
    text = value if isinstance(value, str) else compact(value)
    return (text,) if text.strip() else ()


def _holds_objects(items: list[Any]) -> bool:
    return any(isinstance(item, dict) for item in items)


def _as_function(tool: dict[str, Any]) -> dict[str, Any]:
    """Wrap Anthropic's ``{name, input_schema}`` and a bare function into ``{type, function}``."""
    if "function" in tool or not isinstance(tool.get("name"), str):
        return tool
    function = {key: value for key, value in tool.items() if key != "input_schema"}
    if "input_schema" in tool:
        function["parameters"] = tool["input_schema"]
    return {"type": "function", "function": function}


def scalar_text(value: Any) -> str | None:
    """Return an identifier's text: a non-blank string as it stands, a number as JSON; else null."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return filled_text(value)
    return compact(value)


def filled_text(value: Any) -> str | None:
    """Return a text that is not blank, as it stands; of all else null."""
    return value if isinstance(value, str) and value.strip() else None
