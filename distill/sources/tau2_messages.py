"""tau2-bench's messages as the agent saw them.

Source of the form: tau2-bench, `src/tau2/data_model/message.py`. In its telecom domain the
simulated user calls tools of its own (`requestor` is "user"): the agent sees neither these calls
nor their results, so they are no turns of its conversation. A `MultiToolMessage` holds several.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.records.message import Message
from distill.sources.messages import read_messages, violation
from distill.sources.strict_json import name_type
from distill.sources.tool_calls import as_call

_USER: Final = "user"


def read_tau2(messages: Any) -> tuple[Message, ...]:
    """Return the turns of a simulation, without what the user did by itself.

    Raises:
        RecordError: `schema_violation`: no list of messages, or one of another form, or audio.
    """
    if not isinstance(messages, list):
        raise violation("messages_no_list", f"messages are a JSON {name_type(messages)}, no list")
    return read_messages([turn for item in messages for turn in _turns(item)])


def _turns(item: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(item, dict):
        raise violation("message_no_object", f"a message is a JSON {name_type(item)}")
    if item.get("is_audio"):
        raise violation("audio", "a message is audio: its content is no text")
    role, content = item.get("role"), item.get("content")
    if isinstance(item.get("tool_messages"), list):
        for inner in item["tool_messages"]:
            yield from _turns(inner)
    elif role == "tool":
        if item.get("requestor") != _USER:
            yield {"role": "tool", "content": content, "tool_call_id": item.get("id")}
    elif role == _USER and item.get("tool_calls") and not content:
        return
    else:
        calls = item.get("tool_calls") or []
        if not isinstance(calls, list):
            raise violation("bad_tool_call", f"tool calls are a JSON {name_type(calls)}")
        own = [_call(call) for call in calls] if role == "assistant" else None
        yield {"role": role, "content": content, "tool_calls": own}


def _call(call: Any) -> Mapping[str, Any]:
    if not isinstance(call, dict):
        raise violation("bad_tool_call", f"a tool call is a JSON {name_type(call)}")
    return as_call(call.get("id"), call.get("name"), call.get("arguments"))
