"""What a model call was given and gave back, out of the attributes of its span.

Three families of names, the newest first; of each the first that the span has counts:

- OpenTelemetry's GenAI conventions: ``gen_ai.input.messages``, ``gen_ai.output.messages``,
  ``gen_ai.system_instructions``, ``gen_ai.tool.definitions`` (JSON, or OTLP values), and before
  1.37 ``gen_ai.prompt`` and ``gen_ai.completion``, flattened (``gen_ai.prompt.0.content``) or JSON;
- OpenInference's flattened ``llm.input_messages.0.message.role``, and ``input.value``;
- the Vercel AI SDK's ``ai.prompt.messages``, ``ai.response.text`` and ``ai.response.toolCalls``.

Flattened lists count from 0 without a gap: exporters drop attributes beyond a limit, and half a
conversation is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from distill.sources.chat_values import (
    NO_CHAT,
    UNREADABLE_CHAT,
    Chat,
    Reading,
    decode,
    read_chat,
    read_message_list,
)
from distill.sources.conversation import filled_text, has_system, read_tools
from distill.sources.finish_reasons import cutting_reason
from distill.sources.protocol import RecordError

Attributes = Mapping[str, Any]

_GIVEN: Final = ("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt")
_GAVE: Final = (
    *("gen_ai.output.messages", "gen_ai.completion"),
    *("pydantic_ai.all_messages", "all_messages_events"),
)
#: No convention goes deeper; what stands beyond stays one name.
_DEEPEST: Final = 12
_FLAT_GIVEN: Final = (("gen_ai.prompt.", ""), ("llm.input_messages.", "message."))
_FLAT_GAVE: Final = (("gen_ai.completion.", ""), ("llm.output_messages.", "message."))


def given_of(attributes: Attributes) -> Chat:
    """Return what the call was given, the system's instructions first."""
    chat = _first(attributes, _GIVEN, _FLAT_GIVEN, "input.value", "user")
    system = decode(attributes.get("gen_ai.system_instructions"))
    if chat.reading is not Reading.MESSAGES or not system or has_system(chat.messages):
        return chat
    first = read_message_list([{"role": "system", "content": system}])
    if first.reading is Reading.UNREADABLE:
        return first
    return Chat(chat.reading, first.messages + chat.messages, chat.tools)


def gave_of(attributes: Attributes) -> Chat:
    """Return what the call gave back."""
    chat = _first(attributes, _GAVE, _FLAT_GAVE, "output.value", "assistant")
    if chat.reading is not Reading.NOTHING:
        return chat
    text = attributes.get("ai.response.text")
    calls = decode(attributes.get("ai.response.toolCalls"))
    if not text and not calls:
        return NO_CHAT
    return read_message_list(
        [{"role": "assistant", "content": text or None, "tool_calls": calls or None}]
    )


def tools_of(attributes: Attributes) -> tuple[dict[str, Any], ...] | None:
    """Return the tools that the call was offered; null where the span does not say, or not how."""
    for name in ("gen_ai.tool.definitions", "ai.prompt.tools"):
        found = decode(attributes.get(name))
        if isinstance(found, list):
            return _tools([decode(one) for one in found])
    requested = decode(attributes.get("model_request_parameters"))
    if isinstance(requested, dict) and isinstance(requested.get("function_tools"), list):
        return _tools(requested["function_tools"])
    flat = unflatten(attributes, "llm.tools.")
    if flat:
        return _tools([decode(_at(tool, "tool", "json_schema")) for tool in flat])
    return None


def cut_short_of(attributes: Attributes) -> str | None:
    """Return the finish reason where it says that the answer was cut off."""
    names = (
        *("gen_ai.response.finish_reasons", "gen_ai.completion.0.finish_reason"),
        *("ai.response.finishReason", "llm.response.finish_reason", "llm.finish_reason"),
    )
    found = (cutting_reason(decode(attributes.get(name))) for name in names)
    return next((reason for reason in found if reason is not None), None)


def model_of(attributes: Attributes) -> str | None:
    """Return the model that answered, else the one that was asked."""
    names = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.model.id")
    found = (filled_text(attributes.get(name)) for name in names)
    return next(filter(None, found), None)


def unflatten(attributes: Attributes, prefix: str) -> list[Any] | None:
    """Return the list that attributes ``<prefix>0.a.b`` spell; null where its numbers have a gap.

    An empty list says that there is none. Keys below a number that are numbers are lists again.
    """
    root: dict[str, Any] = {}
    for key, value in attributes.items():
        path = key.removeprefix(prefix).split(".", _DEEPEST) if key.startswith(prefix) else ()
        if path:
            _put(root, path, value)
    return _as_list(root)


def _first(
    attributes: Attributes,
    names: Sequence[str],
    flat: Sequence[tuple[str, str]],
    plain: str,
    speaker: str,
) -> Chat:
    for name in names:
        if attributes.get(name) is not None:
            return read_chat(attributes[name], speaker=speaker)
    for prefix, inner in flat:
        items = unflatten(attributes, prefix)
        if items is None:
            return UNREADABLE_CHAT
        if items:
            return read_message_list([_message(item, inner) for item in items])
    return read_chat(attributes.get(plain), speaker=speaker)


def _message(item: Any, inner: str) -> Any:
    """Return a flattened message as a message: OpenInference has one more level of names."""
    if inner:
        item = item.get("message") if isinstance(item, dict) else item
    if not isinstance(item, dict):
        return item
    message = dict(item)
    if isinstance(message.get("contents"), list):
        message["content"] = [_content(one) for one in message.pop("contents")]
    if isinstance(message.get("tool_calls"), list):
        message["tool_calls"] = [_call(one) for one in message["tool_calls"]]
    return message


def _content(value: Any) -> Any:
    return value.get("message_content", value) if isinstance(value, dict) else value


def _call(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value["tool_call"] if isinstance(value.get("tool_call"), dict) else value


def _put(root: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        below = root.setdefault(name, {})
        if not isinstance(below, dict):
            return
        root = below
    root.setdefault(path[-1], value)


def _as_list(root: dict[str, Any]) -> list[Any] | None:
    names = sorted(root, key=lambda name: (len(name), name))
    if names != [str(number) for number in range(len(names))]:
        return None
    return [_as_value(root[name]) for name in names]


def _as_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        found = _as_list(value)
        return value if found is None else found
    return {name: _as_value(below) for name, below in value.items()}


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _tools(found: Sequence[Any]) -> tuple[dict[str, Any], ...] | None:
    try:
        return read_tools([_plain_tool(tool) for tool in found])
    except RecordError:
        return None


def _plain_tool(tool: Any) -> Any:
    """Return a tool as OpenAI writes it: OpenTelemetry's and Pydantic AI's are one level higher."""
    if not isinstance(tool, dict) or "function" in tool:
        return tool
    if tool.get("type") == "function":
        return {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
    if "parameters_json_schema" not in tool:
        return tool
    function = {key: tool[key] for key in ("name", "description") if tool.get(key) is not None}
    function["parameters"] = tool["parameters_json_schema"]
    return {"type": "function", "function": function}
