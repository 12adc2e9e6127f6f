"""What a run's text says of itself."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from distill.exports.rendering import render
from distill.records.compact import compact, compact_bytes
from distill.records.message import FunctionCall, Message, ToolCall
from distill.sources.facts import canonical_lists, joined_list, rendered_chars, turns_of

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ARGUMENTS = st.text(max_size=4) | st.dictionaries(
    st.text(max_size=3), NUMBERS | st.lists(NUMBERS, max_size=2), max_size=2
)
CALLS = st.builds(
    ToolCall,
    id=st.none() | st.text(max_size=3),
    function=st.builds(FunctionCall, name=st.text(max_size=4), arguments=ARGUMENTS),
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    content=st.none() | st.text(max_size=5),
    tool_calls=st.none() | st.lists(CALLS, max_size=2).map(tuple),
    name=st.none() | st.text(max_size=3),
)


@given(st.lists(MESSAGES, max_size=4))
def test_rendered_chars(messages: list[Message]) -> None:
    """The counted characters are those of the rendering that the RAG export writes."""
    assert rendered_chars(messages, None) == len(render(messages))


@given(st.lists(MESSAGES, max_size=5).map(tuple))
def test_canonical_lists(messages: tuple[Message, ...]) -> None:
    """They are compact JSON of the fields that are not null, floats as the standard library's.

    They are the messages before the turns, the turns, and the rest; joined they are all messages.
    """
    turns = turns_of(messages)
    told = [_message_values(message) for message in messages]
    lists = canonical_lists(messages, turns)
    parts = (told[: turns.start], told[turns], told[turns.stop :])
    assert lists == tuple(standard(part).encode() for part in parts)
    assert joined_list(lists) == standard(told).encode()


def _message_values(message: Message) -> dict[str, Any]:
    values = {name: getattr(message, name) for name in message.__struct_fields__}
    if message.tool_calls is not None:
        values["tool_calls"] = [_call_values(call) for call in message.tool_calls]
    return {name: value for name, value in values.items() if value is not None}


def _call_values(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    named = {} if call.id is None else {"id": call.id}
    return {"type": "function", **named, "function": function}


def standard(value: Any) -> str:
    """Compact JSON as the standard library writes it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON.filter(lambda value: not holds_infinity(value)))
def test_compact(value: object) -> None:
    """It is what the standard library writes, floats and large integers too."""
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert compact(value) == told
    assert compact_bytes(value) == told.encode()


def holds_infinity(value: object) -> bool:
    """Whether there is an infinity in a value: no JSON that was parsed holds one."""
    return "Infinity" in json.dumps(value)
