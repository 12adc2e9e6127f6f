"""What a run's text says of itself."""

from hypothesis import given
from hypothesis import strategies as st

from distill.exports.rendering import render
from distill.records.message import FunctionCall, Message, ToolCall
from distill.sources.facts import rendered_chars

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
