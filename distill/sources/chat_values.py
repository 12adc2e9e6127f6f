"""What a traced step was given or gave back, read as a conversation where it is one.

Values are JSON, or JSON in a string up to three layers deep. What only looks like JSON (Python's
repr of an object) is no conversation and no text: it is `UNREADABLE`, and never guessed at.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from distill.records.message import Message
from distill.sources.chat_items import Item, as_items, tool_definition
from distill.sources.conversation import read_tools
from distill.sources.finish_reasons import cutting_reason, finish_of
from distill.sources.messages import read_messages, violation
from distill.sources.protocol import RecordError
from distill.sources.strict_json import parse_value

_LAYERS: Final = 3
#: Python writes its values so, and no JSON and hardly a sentence begins so.
_PYTHON_REPR: Final = re.compile(
    r"\s*(?:[\[({]+'|[A-Za-z_][\w.]*\([A-Za-z_]\w*=|<[\w.]+ object at )"
)
#: A text that begins so and is no JSON was cut off.
_CUT_JSON: Final = re.compile(r"""\s*(?:\{\s*"|\[\s*[\[{"])""")
_NOTHING: Final = {"None", "null", "undefined", ""}


class Reading(StrEnum):
    """How a value was read: as messages, as one text, as nothing at all, or not."""

    MESSAGES = "messages"
    TEXT = "text"
    NOTHING = "nothing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Chat:
    """A value's conversation. `tools` null: it does not say which were offered.

    `cut_short` is the finish reason of an answer that the model did not end itself.
    """

    reading: Reading
    messages: tuple[Message, ...] = ()
    tools: tuple[dict[str, Any], ...] | None = None
    cut_short: str | None = None


NO_CHAT: Final = Chat(Reading.NOTHING)
UNREADABLE_CHAT: Final = Chat(Reading.UNREADABLE)


def read_chat(value: Any, *, speaker: str) -> Chat:
    """Return what a value says; a bare text is one turn of the `speaker` (user or assistant)."""
    value = decode(value)
    try:
        if value is None or (isinstance(value, str) and value.strip() in _NOTHING):
            return NO_CHAT
        if isinstance(value, str):
            return _text(value, speaker)
        found = _read(value)
    except RecordError:
        return UNREADABLE_CHAT
    if found is None:
        return UNREADABLE_CHAT
    return replace(found, cut_short=cutting_reason(finish_of(value)))


def decode(value: Any) -> Any:
    """Return the JSON value that a string holds, up to three layers deep; others as they are."""
    for _ in range(_LAYERS):
        if not isinstance(value, str) or value.lstrip()[:1] not in ('"', "{", "["):
            return value
        try:
            value = parse_value(value.encode())
        except (RecordError, UnicodeEncodeError):
            return value
    return value


def is_python_repr(text: str) -> bool:
    """Say whether a text is how Python, and no JSON, writes a value."""
    return _PYTHON_REPR.match(text) is not None


def read_message_list(items: Sequence[Any]) -> Chat:
    """Return the conversation of a message list, unreadable where one of them is."""
    try:
        return _from_items(items)
    except RecordError:
        return UNREADABLE_CHAT


def _from_items(items: Sequence[Any], tools: Any = None) -> Chat:
    """Return the conversation of a message list; tools that stand among the messages join `tools`.

    Raises:
        RecordError: an item is no message, or can't be kept whole.
    """
    messages: list[Item] = []
    defined: list[dict[str, Any]] = []
    for item in items:
        tool = tool_definition(item)
        if tool is not None:
            if tool not in defined:
                defined.append(tool)
        else:
            messages += as_items(item)
    offered = read_tools(tools) if _are_tools(decode(tools)) else None
    if defined:
        offered = (*(offered or ()), *defined)
    finish = next((finish_of(one) for one in items if finish_of(one) is not None), None)
    return Chat(Reading.MESSAGES, read_messages(messages), offered, cutting_reason(finish))


def _are_tools(value: Any) -> bool:
    """Say whether these are tools offered; some frameworks call so what tools answered."""
    if not isinstance(value, list):
        return False
    return all(isinstance(one, dict) and ("function" in one or "name" in one) for one in value)


def _text(text: str, speaker: str) -> Chat:
    if is_python_repr(text) or _CUT_JSON.match(text):
        return UNREADABLE_CHAT
    return Chat(Reading.TEXT, read_messages([{"role": speaker, "content": text}]))


def _read(value: Any) -> Chat | None:
    """Return the conversation of a decoded JSON value; null where it is none of the known forms."""
    if isinstance(value, list):
        return _from_items(value)
    return _of_request(value) or _of_answer(value) if isinstance(value, dict) else None


def _of_request(value: Mapping[str, Any]) -> Chat | None:
    """Return what a request holds: OpenAI's and LangChain's messages, Gemini's, a prompt."""
    tools = value.get("tools", value.get("functions"))
    messages = decode(value.get("messages"))
    if isinstance(messages, list):
        return _with_system(value.get("system"), messages, tools)
    if isinstance(value.get("contents"), list):
        return _gemini(value)
    if isinstance(value.get("prompt"), str | list):
        return _prompt(value, tools)
    return None


def _of_answer(value: Mapping[str, Any]) -> Chat | None:
    """Return what an answer holds: OpenAI's first choice, Responses items, Gemini's, a message."""
    if isinstance(value.get("choices"), list):
        return _from_items(value["choices"][:1])
    if isinstance(value.get("output"), list) and "role" not in value:
        return _from_items(value["output"])
    content = value.get("content")
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        return _from_items([content])
    return _from_items([value]) if _is_item(value) else None


def _is_item(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in ("role", "message", "type", "toolName"))


def _prompt(value: Mapping[str, Any], tools: Any) -> Chat:
    prompt = value["prompt"]
    turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return _with_system(value.get("system"), turns, tools)


def _with_system(system: Any, messages: list[Any], tools: Any) -> Chat:
    if system in (None, ""):
        return _from_items(messages, tools)
    return _from_items([{"role": "system", "content": system}, *messages], tools)


def _declared(group: Mapping[str, Any]) -> list[Any]:
    found = group.get("function_declarations", group.get("functionDeclarations"))
    return found if isinstance(found, list) else []


def _gemini(value: Mapping[str, Any]) -> Chat:
    config = value.get("config")
    config = config if isinstance(config, dict) else value
    declared = config.get("tools")
    if declared is not None and not isinstance(declared, list):
        raise violation("tools_no_list", "Gemini's tools are no list")
    groups = [group for group in declared or () if isinstance(group, dict)]
    tools = [{"type": "function", "function": one} for group in groups for one in _declared(group)]
    system = config.get("system_instruction", config.get("systemInstruction"))
    if isinstance(system, dict):
        system = system.get("parts")
    return _with_system(system, value["contents"], tools if declared is not None else None)
