"""Conversations as logs write them, made those of `distill.records.message`.

Read are lists of ``{role, content}`` (OpenAI, TRL, Anthropic's content blocks) and of
``{from, value}`` (ShareGPT), one such object, and either as JSON in a string. What can't be kept
whole (an unknown role, an image) makes the record a `schema_violation`; reasoning blocks are left
out, since they are no turn.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from distill.records.compact import compact
from distill.records.message import Message, Role, ToolCall
from distill.records.taxonomy import QuarantineReason
from distill.sources.protocol import RecordError
from distill.sources.strict_json import name_type, parse_value
from distill.sources.tool_calls import read_calls, read_tool_use

ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
}
TEXT_PARTS: Final = ("text", "input_text", "output_text")
REASONING_PARTS: Final = ("thinking", "redacted_thinking", "reasoning")


def read_messages(value: Any) -> tuple[Message, ...]:
    """Return the conversation that a log's value holds.

    Raises:
        RecordError: `schema_violation`, naming the message by its number and what is wrong.
    """
    if isinstance(value, str):
        value = parse_value(value.encode())
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise violation("messages_no_list", f"messages are a JSON {name_type(value)}, no list")
    return tuple(_read_all(value))


def violation(rule: str, detail: str) -> RecordError:
    """Return the refusal of a record whose content is not of the form that it claims."""
    return RecordError(QuarantineReason.SCHEMA_VIOLATION, rule, detail)


def _read_all(items: Iterable[Any]) -> list[Message]:
    found: list[Message] = []
    for number, item in enumerate(items):
        try:
            found += _read_one(item)
        except RecordError as error:
            detail = f"message {number}: {error.detail}"
            raise RecordError(error.reason, error.rule, detail) from error
    return found


def _read_one(item: Any) -> Iterable[Message]:
    if not isinstance(item, dict):
        raise violation("message_no_object", f"a JSON {name_type(item)}, no object")
    if "role" in item or "from" not in item:
        named, content = item.get("role"), item.get("content")
    else:
        named, content = item["from"], item.get("value")
    role = ROLES.get(named.lower()) if isinstance(named, str) else None
    if role is None:
        raise violation("unknown_role", "its role is none of " + ", ".join(sorted(ROLES)))
    if named == "function_call":
        return (Message(role=role, tool_calls=read_calls(content)),)
    if isinstance(content, str):
        return (_plain(role, content, item),)
    if isinstance(content, list):
        return _read_parts(role, content, item)
    return (_plain(role, _text(role, content), item),)


def _plain(role: Role, text: str | None, item: dict[str, Any]) -> Message:
    """Return the message of one text, with the calls and names that stand beside it."""
    calls = item.get("tool_calls") or item.get("function_call")
    if calls and role != "assistant":
        raise violation("calls_of_others", f"tool calls in a message of role {role}")
    name, answered = item.get("name"), item.get("tool_call_id")
    return Message(
        role=role,
        content=text,
        tool_calls=read_calls(calls) if calls else None,
        name=name if isinstance(name, str) else None,
        tool_call_id=answered if isinstance(answered, str) else None,
    )


def _text(role: Role, content: Any) -> str | None:
    if content is None or isinstance(content, str):
        return content
    if role == "tool":
        return compact(content)
    raise violation("content_no_text", f"its content is a JSON {name_type(content)}")


def _read_parts(role: Role, parts: list[Any], item: dict[str, Any]) -> Iterator[Message]:
    """Yield one message, or for a user's turn with tool results: one each, in their order."""
    texts: list[str] = []
    calls: list[ToolCall] = []
    has_yielded = False
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "tool_result" and role in ("user", "tool"):
            if texts:
                yield Message(role=role, content="\n".join(texts))
                texts = []
            yield _tool_result(part)
            has_yielded = True
        elif kind == "tool_use" and role == "assistant":
            calls.append(read_tool_use(part))
        elif kind not in REASONING_PARTS:
            texts.append(_part_text(part))
    if texts or not has_yielded:
        text = "\n".join(texts) if texts or not calls else None
        message = _plain(role, text, item)
        yield message.changed(tool_calls=tuple(calls)) if calls else message


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    kind = part.get("type") if isinstance(part, dict) else None
    text = part.get("text") if kind in TEXT_PARTS else None
    if kind == "refusal":
        text = part.get("refusal")
    if not isinstance(text, str):
        raise violation("part_no_text", "a part of its content is no text (an image, a file, …)")
    return text


def _tool_result(part: dict[str, Any]) -> Message:
    content = part.get("content")
    if isinstance(content, list):
        content = "\n".join(_part_text(inner) for inner in content)
    answered = part.get("tool_use_id")
    return Message(
        role="tool",
        content=_text("tool", content),
        tool_call_id=answered if isinstance(answered, str) else None,
    )
