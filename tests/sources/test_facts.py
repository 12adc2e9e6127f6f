"""What a run's text says of itself."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from distill.exports.rendering import render
from distill.records.message import FunctionCall, Message, ToolCall
from distill.sources.facts import digest_json, message_values, rendered_chars
from distill.sources.tool_calls import compact

ARGUMENTS = st.text(max_size=4) | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
CALLS = st.builds(
    ToolCall, function=st.builds(FunctionCall, name=st.text(max_size=4), arguments=ARGUMENTS)
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


@given(st.lists(MESSAGES, max_size=4))
def test_message_values(messages: list[Message]) -> None:
    """They are the fields of the records, what is null left out; arguments stay as they are."""
    dumped = [_without_null(message.as_json()) for message in messages]
    assert digest_json(message_values(messages)) == digest_json(dumped)


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


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        found = {key: item for key, item in value.items() if item is not None}
        return {k: v if k == "arguments" else _without_null(v) for k, v in found.items()}
    return [_without_null(v) for v in value] if isinstance(value, list | tuple) else value
