"""Inspect's messages, attachments put in, made the conversation that the model had.

Source of the form: inspect_ai's `model/_chat_message.py`, `_util/content.py` and `log/_condense.py`
(long texts and images stand in the sample's `attachments` and are named by
``attachment://<hash>``, in logs of 2024 ``tc://<hash>``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from distill.records.message import Message
from distill.sources.messages import read_messages, violation
from distill.sources.strict_json import name_type
from distill.sources.tool_calls import as_call

_PROTOCOLS: Final = ("attachment://", "tc://")


def attachments_of(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the sample's attachments by hash; logs of 2024 have them in `transcript.content`."""
    found = sample.get("attachments")
    if not isinstance(found, dict) and isinstance(sample.get("transcript"), dict):
        found = sample["transcript"].get("content")
    return found if isinstance(found, dict) else {}


def resolve_attachments(value: Any, attachments: Mapping[str, Any], where: str) -> Any:
    """Return a JSON value with every text that names an attachment replaced by it.

    Raises:
        RecordError: `schema_violation`: the sample has no such attachment.
    """
    if isinstance(value, str):
        protocol = next((one for one in _PROTOCOLS if value.startswith(one)), None)
        if protocol is None:
            return value
        text = attachments.get(value.removeprefix(protocol))
        if not isinstance(text, str):
            raise violation(
                "attachment_missing",
                f"{where} refers to an attachment that the sample does not hold",
            )
        return text
    if isinstance(value, list):
        return [resolve_attachments(one, attachments, where) for one in value]
    if isinstance(value, dict):
        return {key: resolve_attachments(one, attachments, where) for key, one in value.items()}
    return value


def read_conversation(
    sample: Mapping[str, Any], attachments: Mapping[str, Any]
) -> tuple[Message, ...] | None:
    """Return the sample's messages, or its input where it has none; null where both are blank.

    Raises:
        RecordError: `schema_violation`: a message can't be kept whole, or lacks an attachment.
    """
    value = sample.get("messages") or sample.get("input")
    if isinstance(value, str):
        value = [{"role": "user", "content": value}] if value.strip() else []
    if value is None:
        return None
    if not isinstance(value, list):
        raise violation("messages_no_list", f"messages are a JSON {name_type(value)}, no list")
    items: list[Any] = []
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            raise violation("message_no_object", f"message {number}: a JSON {name_type(item)}")
        items += _plain(_resolved(item, attachments, f"message {number}"))
    return read_messages(items) or None


def _resolved(item: dict[str, Any], attachments: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Resolve what is read of a message; its metadata may refer to what was thinned out."""
    wanted = ("content", "tool_calls", "error")
    return item | {
        key: resolve_attachments(item[key], attachments, where) for key in wanted if key in item
    }


def _plain(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a message in OpenAI's form; a provider's own tool becomes a call and its result."""
    role, content = item.get("role"), item.get("content")
    if role == "tool":
        error = item.get("error")
        message = error.get("message") if isinstance(error, dict) else None
        is_blank = content in (None, "", [])
        text = f"Error: {message}" if is_blank and isinstance(message, str) else content
        yield {"role": role, "content": text, "tool_call_id": item.get("tool_call_id")}
    elif role == "assistant" and isinstance(content, list):
        yield from _with_server_tools(content, item.get("tool_calls"))
    elif role == "assistant":
        yield _assistant(content, item.get("tool_calls"))
    else:
        yield {"role": role, "content": content}


def _with_server_tools(parts: Sequence[Any], calls: Any) -> Iterator[dict[str, Any]]:
    kept: list[Any] = []
    for part in parts:
        if not isinstance(part, dict) or part.get("type") != "tool_use":
            kept.append(part)
            continue
        call = {key: part.get(key) for key in ("id", "arguments")} | {"function": part.get("name")}
        yield _assistant(kept, [call])
        result = part.get("error") or part.get("result")
        yield {"role": "tool", "content": result or "", "tool_call_id": part.get("id")}
        kept = []
    if kept or calls or not parts:
        yield _assistant(kept, calls)


def _assistant(content: Any, calls: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if isinstance(content, list) and not content:
        message["content"] = None if calls else ""
    if calls:
        message["tool_calls"] = [_call(one) for one in calls] if isinstance(calls, list) else calls
    return message


def _call(call: Any) -> Any:
    """Return a call in OpenAI's form; Inspect has the function's name beside its arguments."""
    if not isinstance(call, dict) or not isinstance(call.get("function"), str):
        return call
    return as_call(call.get("id"), call["function"], call.get("arguments"))
