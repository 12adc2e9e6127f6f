"""What a run's text says of itself."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from distill.exports.rendering import render
from distill.records.compact import compact
from distill.records.message import FunctionCall, Message, ToolCall
from distill.sources.facts import canonical_form, digest_json, digest_list, rendered_chars

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


@given(MESSAGES)
def test_canonical_form(message: Message) -> None:
    """It is compact JSON of the fields that are not null, floats as the standard library has them.

    So are the digests of lists that are made of canonical forms.
    """
    values = {name: getattr(message, name) for name in message.__struct_fields__}
    if message.tool_calls is not None:
        values["tool_calls"] = [_call_values(call) for call in message.tool_calls]
    told = {name: value for name, value in values.items() if value is not None}
    assert canonical_form(message) == standard(told).encode()
    assert digest_list([canonical_form(message)] * 2) == digest_json([told, told])


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


def holds_infinity(value: object) -> bool:
    """Whether there is an infinity in a value: no JSON that was parsed holds one."""
    return "Infinity" in json.dumps(value)
