"""One item of a logged conversation, whatever framework logged it, as OpenAI writes messages.

Read are OpenAI's chat messages and Responses items, LangChain's ``{type: human|ai|tool}``, the
``parts`` of OpenTelemetry's GenAI conventions and of Gemini, the Vercel AI SDK's tool parts,
BeeAI's ``{role, text}``, and Koog's calls written as the text of a message. What is none of these,
or holds what is no text (an image, a file), makes the whole conversation unreadable: nothing is
left out but reasoning, which is no turn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from distill.records.compact import compact
from distill.sources.messages import REASONING_PARTS, ROLES, TEXT_PARTS, violation
from distill.sources.strict_json import name_type, parse_value
from distill.sources.tool_calls import as_call

Item = dict[str, Any]

_LANGCHAIN: Final = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
}
_CALL_PARTS: Final = ("tool_call", "tool-call")
_RESULT_PARTS: Final = ("tool_call_response", "tool-result")


def as_items(value: Any) -> Iterator[Item]:
    """Yield what one element of a message list says, as OpenAI's messages; reasoning as none.

    Raises:
        RecordError: `schema_violation`: it is no message, or one that can't be kept whole.
    """
    if not isinstance(value, dict):
        raise violation("message_no_object", f"a JSON {name_type(value)} among messages")
    kind = value.get("type")
    kind = kind if isinstance(kind, str) else None
    if isinstance(value.get("message"), dict):
        yield from as_items({**_named(value), **value["message"]})
    elif kind == "function_call" and "name" in value:
        yield _calling([as_call(value.get("call_id"), value["name"], value.get("arguments"))])
    elif kind == "function_call_output":
        yield _result(value.get("call_id"), value.get("output"))
    elif "toolName" in value:
        yield _calling([_vercel_call(value)])
    elif "role" in value:
        yield from _of_role(_role(value["role"]), value)
    elif kind in _LANGCHAIN:
        yield from _of_role(_LANGCHAIN[kind], value)
    elif kind != "reasoning":
        raise violation("no_message", "an object that is no message of a form that is known")


def _named(value: Mapping[str, Any]) -> Item:
    """Return the role that stands beside a message, not in it."""
    return {"role": value["role"]} if "role" in value else {}


def tool_definition(value: Any) -> dict[str, Any] | None:
    """Return the tool that LangChain's tracer logs as a message of role tool; else null."""
    content = value.get("content") if isinstance(value, dict) else None
    if not isinstance(content, dict) or content.get("type") != "function":
        return None
    return content if isinstance(content.get("function"), dict) else None


def _role(value: Any) -> str:
    role = ROLES.get(value.lower()) if isinstance(value, str) else None
    if role is None:
        raise violation("unknown_role", "a role that is none of " + ", ".join(sorted(ROLES)))
    return role


def _of_role(role: str, value: Mapping[str, Any]) -> Iterator[Item]:
    content = value.get("parts", value.get("content", value.get("text")))
    written = _written_calls(value, content)
    if written is not None:
        yield _calling(written)
    elif isinstance(content, dict) and "parts" in content:
        yield from _of_parts(role, content["parts"], value)
    elif isinstance(content, list):
        yield from _of_parts(role, content, value)
    else:
        yield _plain(role, content, value)


def _plain(role: str, content: Any, value: Mapping[str, Any]) -> Item:
    if content is not None and not isinstance(content, str):
        if role != "tool":
            raise violation("content_no_text", f"a message of role {role} that is no text")
        content = compact(content)
    calls = _calls_beside(value) if role == "assistant" else []
    item: Item = {"role": role, "content": content or (None if calls else content)}
    if calls:
        item["tool_calls"] = calls
    identity = value.get("tool_call_id", value.get("id") if "event.name" in value else None)
    if role == "tool" and isinstance(identity, str):
        item["tool_call_id"] = identity
    if isinstance(value.get("name"), str):
        item["name"] = value["name"]
    return item


def _calls_beside(value: Mapping[str, Any]) -> list[Item]:
    """Return the calls that stand beside a message's text."""
    extra = value.get("additional_kwargs")
    found = value.get("tool_calls") or (
        extra.get("tool_calls") if isinstance(extra, dict) else None
    )
    found = _read_list(found)
    if not isinstance(found, list):
        raise violation("bad_tool_call", "tool calls that are no list")
    return [_any_call(call) for call in found]


def _any_call(call: Any) -> Item:
    if not isinstance(call, dict):
        raise violation("bad_tool_call", f"a tool call is a JSON {name_type(call)}")
    function = call.get("function")
    if isinstance(function, dict):
        return as_call(call.get("id"), function.get("name"), function.get("arguments"))
    if "toolName" in call:
        return _vercel_call(call)
    return as_call(call.get("id"), call.get("name"), call.get("args", call.get("arguments")))


def _of_parts(role: str, parts: Any, value: Mapping[str, Any]) -> Iterator[Item]:
    """Yield the results of a message first, then its texts and calls as one message."""
    if not isinstance(parts, list):
        raise violation("parts_no_list", f"the parts of a message are a JSON {name_type(parts)}")
    texts: list[str] = []
    calls: list[Item] = []
    has_results = False
    for part in parts:
        text = part if isinstance(part, str) else None
        if text is None and isinstance(part, dict):
            if _is_silent(part):
                continue
            result, call, text = _result_of(part), _call_of(part), _text_of(part)
            if result is not None:
                has_results = True
                yield result
                continue
            if call is not None:
                calls.append(call)
                continue
        if text is None:
            raise violation("part_no_text", "a part of a message is no text (an image, a file, …)")
        texts.append(text)
    beside = calls or _calls_beside(value)
    if texts or beside or not (has_results or parts):
        yield from _joined(role, texts, beside, value)


def _joined(
    role: str, texts: Sequence[str], calls: list[Item], value: Mapping[str, Any]
) -> Iterator[Item]:
    item = _plain(role, "\n".join(texts) if texts else None, {**value, "tool_calls": None})
    if calls:
        if role != "assistant":
            raise violation("calls_of_others", f"tool calls in a message of role {role}")
        item |= {"content": item["content"] or None, "tool_calls": calls}
    yield item


def _is_silent(part: Mapping[str, Any]) -> bool:
    return part.get("type") in REASONING_PARTS or part.get("thought") is True


def _text_of(part: Mapping[str, Any]) -> str | None:
    """Return a text part's text: OpenAI's `text`, OpenTelemetry's `content`, Gemini's bare one."""
    kind = part.get("type")
    if kind == "refusal":
        text = part.get("refusal")
    elif kind in TEXT_PARTS:
        text = part.get("text", part.get("content"))
    else:
        text = part.get("text") if kind is None else None
    return text if isinstance(text, str) else None


def _call_of(part: Mapping[str, Any]) -> Item | None:
    kind = part.get("type")
    if kind in _CALL_PARTS:
        if "toolName" in part:
            return _vercel_call(part)
        return as_call(part.get("id"), part.get("name"), part.get("arguments"))
    if kind == "tool_use":
        return as_call(part.get("id"), part.get("name"), part.get("input"))
    gemini = part.get("function_call", part.get("functionCall"))
    if isinstance(gemini, dict):
        return as_call(gemini.get("id"), gemini.get("name"), gemini.get("args"))
    return None


def _result_of(part: Mapping[str, Any]) -> Item | None:
    kind = part.get("type")
    if kind in _RESULT_PARTS:
        identity = part.get("id", part.get("toolCallId"))
        keys = ("response", "result", "output")
        return _result(identity, next((part[key] for key in keys if key in part), None))
    if kind == "tool_result":
        return _result(part.get("tool_use_id"), part.get("content"))
    gemini = part.get("function_response", part.get("functionResponse"))
    if isinstance(gemini, dict):
        return _result(gemini.get("id"), gemini.get("response"), gemini.get("name"))
    return None


def _written_calls(value: Mapping[str, Any], content: Any) -> list[Item] | None:
    """Return calls that are written as a message's text (Koog), in place of a text; else null."""
    if not isinstance(content, str) or not content.startswith('[{"') or "tool_calls" in value:
        return None
    calls = _read_list(content)
    if not isinstance(calls, list) or not calls or not all(_is_call(call) for call in calls):
        return None
    return [_any_call(call) for call in calls]


def _is_call(value: Any) -> bool:
    function = value.get("function") if isinstance(value, dict) else None
    return isinstance(function, dict) and value.get("type") == "function" and "name" in function


def _read_list(value: Any) -> Any:
    """Return a list; also of JSON in a string; the value itself where it is another thing."""
    if not value:
        return []
    return parse_value(value.encode()) if isinstance(value, str) else value


def _vercel_call(value: Mapping[str, Any]) -> Item:
    return as_call(
        value.get("toolCallId"), value["toolName"], value.get("input", value.get("args"))
    )


def _calling(calls: Iterable[Item]) -> Item:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def _result(identity: Any, content: Any, name: Any = None) -> Item:
    if isinstance(content, list) and all(_is_text_part(part) for part in content):
        content = "\n".join(str(_text_of(part)) for part in content)
    if content is not None and not isinstance(content, str):
        content = compact(content)
    item: Item = {"role": "tool", "content": content}
    if isinstance(identity, str):
        item["tool_call_id"] = identity
    if isinstance(name, str):
        item["name"] = name
    return item


def _is_text_part(value: Any) -> bool:
    return isinstance(value, dict) and _text_of(value) is not None
