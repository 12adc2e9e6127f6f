"""Conversations of many logs, made one form; what can't be kept whole is refused."""

import json
from typing import Any

import pytest

from distill.records.message import FunctionCall, Message, ToolCall
from distill.sources.messages import read_messages
from distill.sources.protocol import RecordError

CALL = ToolCall(id="c1", function=FunctionCall(name="find", arguments={"q": "x"}))


@pytest.mark.parametrize(
    "value",
    [
        [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}],
        [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yo"}],
        [
            {"role": "User", "content": "hi"},
            {"role": "ai", "content": [{"type": "text", "text": "yo"}]},
        ],
        json.dumps([{"role": "user", "content": "hi"}, {"role": "model", "content": "yo"}]),
        [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yo"}],
            },
        ],
    ],
)
def test_forms_of_one_conversation(value: Any) -> None:
    """OpenAI's, ShareGPT's and Anthropic's forms, also JSON in a string, are one conversation."""
    assert read_messages(value) == (
        Message(role="user", content="hi"),
        Message(role="assistant", content="yo"),
    )


@pytest.mark.parametrize(
    "item",
    [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "find", "arguments": '{"q": "x"}'},
                }
            ],
        },
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": {"q": "x"}}}],
        },
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c1", "name": "find", "input": {"q": "x"}}],
        },
    ],
)
def test_forms_of_one_tool_call(item: dict[str, Any]) -> None:
    """A call is the same whoever wrote it, its arguments an object."""
    assert read_messages([item]) == (Message(role="assistant", tool_calls=(CALL,)),)


def test_legacy_function_call() -> None:
    """The old `function_call` and a ShareGPT turn of that name are calls without an id."""
    call = ToolCall(function=FunctionCall(name="find", arguments={"q": "x"}))
    old = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "find", "arguments": '{"q":"x"}'},
    }
    share = {"from": "function_call", "value": '{"name": "find", "arguments": {"q": "x"}}'}
    for item in (old, share):
        assert read_messages([item]) == (Message(role="assistant", tool_calls=(call,)),)


@pytest.mark.parametrize("arguments", ["{broken", "[1]", '{"a": 1, "a": 2}'])
def test_arguments_that_are_no_object_stay_text(arguments: str) -> None:
    """What a model wrote as arguments and is no object is kept as it wrote it."""
    call = {"id": "c", "function": {"name": "find", "arguments": arguments}}
    (message,) = read_messages([{"role": "assistant", "content": "", "tool_calls": [call]}])
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.arguments == arguments


def test_tool_results_of_anthropic_become_turns() -> None:
    """A user's turn with results and text is a tool's turn for each result, in their order."""
    parts = [
        {
            "type": "tool_result",
            "tool_use_id": "c1",
            "content": [{"type": "text", "text": "found"}],
        },
        {"type": "text", "text": "and now?"},
    ]
    assert read_messages([{"role": "user", "content": parts}]) == (
        Message(role="tool", content="found", tool_call_id="c1"),
        Message(role="user", content="and now?"),
    )


def test_null_and_empty_contents_differ() -> None:
    """Null stays null and "" stays "": the log said so."""
    found = read_messages([{"role": "assistant", "content": None}, {"role": "user", "content": ""}])
    assert [message.content for message in found] == [None, ""]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (7, "messages_no_list"),
        (["hi"], "message_no_object"),
        ([{"role": "narrator", "content": "hi"}], "unknown_role"),
        ([{"content": "hi"}], "unknown_role"),
        ([{"role": "user", "content": 7}], "content_no_text"),
        ([{"role": "user", "content": {"text": "hi"}}], "content_no_text"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "part_no_text"),
        ([{"role": "user", "content": "x", "tool_calls": [{}]}], "calls_of_others"),
        ([{"role": "assistant", "tool_calls": [{"function": {}}]}], "bad_tool_call"),
        ([{"role": "assistant", "tool_calls": ["find"]}], "bad_tool_call"),
        ([{"role": "assistant", "tool_calls": [{"type": "custom"}]}], "bad_tool_call"),
        ("no json", "not_json"),
    ],
)
def test_refused(value: Any, rule: str) -> None:
    """What is no conversation, or can't be kept whole, refuses the record."""
    with pytest.raises(RecordError) as caught:
        read_messages(value)
    assert caught.value.rule == rule


def test_the_detail_numbers_the_message() -> None:
    """The person who mends the log is told which message it is."""
    with pytest.raises(RecordError, match="message 1: "):
        read_messages([{"role": "user", "content": "hi"}, {"role": "x"}])
