"""Tool calls as logs write them: OpenAI's, its legacy `function_call`, Anthropic's `tool_use`."""

from typing import Any

from distill.records.compact import compact
from distill.records.message import FunctionCall, ToolCall
from distill.records.taxonomy import QuarantineReason
from distill.sources.protocol import RecordError
from distill.sources.strict_json import name_type, parse, parse_value


def read_calls(value: Any) -> tuple[ToolCall, ...]:
    """Return the calls of a list, of one call, or of either as JSON in a string.

    Raises:
        RecordError: `schema_violation`: no call, or one that names no function.
    """
    if isinstance(value, str):
        value = parse_value(value.encode())
    calls = value if isinstance(value, list) else [value]
    return tuple(map(_read_call, calls))


def read_tool_use(part: dict[str, Any]) -> ToolCall:
    """Return the call of an Anthropic content block ``{type: tool_use, id, name, input}``."""
    return _make(part.get("id"), part.get("name"), part.get("input"))


def as_call(call_id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    """Return a call in OpenAI's form, as `read_calls` reads it, of what a log says apart."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _read_call(call: Any) -> ToolCall:
    if not isinstance(call, dict):
        raise _violation(f"a tool call is a JSON {name_type(call)}")
    if call.get("type", "function") not in ("function", None):
        raise _violation("a tool call of a type other than function")
    function = call.get("function", call)
    if not isinstance(function, dict):
        raise _violation(f"a called function is a JSON {name_type(function)}")
    return _make(call.get("id"), function.get("name"), function.get("arguments"))


def _make(call_id: Any, name: Any, arguments: Any) -> ToolCall:
    if not isinstance(name, str):
        raise _violation("a tool call names no function")
    identity = call_id if isinstance(call_id, str) else None
    return ToolCall(id=identity, function=FunctionCall(name=name, arguments=_arguments(arguments)))


def _arguments(value: Any) -> dict[str, Any] | str:
    """Return the arguments as an object; a text that holds none stays as it is."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    if not isinstance(value, str):
        return compact(value)
    if not value.strip():
        return {}
    try:
        return parse(value.encode())
    except RecordError:
        return value


def _violation(detail: str) -> RecordError:
    return RecordError(QuarantineReason.SCHEMA_VIOLATION, "bad_tool_call", detail)
