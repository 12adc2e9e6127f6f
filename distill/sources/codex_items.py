"""The items of a Codex rollout as a conversation.

Source of the form: Codex's `protocol/src/models.rs` (`ResponseItem`): messages, calls and their
outputs follow each other; what the model said in one go (a text, then calls) is one turn here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from distill.records.compact import compact
from distill.records.message import Message
from distill.sources.messages import read_messages
from distill.sources.tool_calls import as_call

_CALLS: Final = ("function_call", "custom_tool_call", "local_shell_call")
_OUTPUTS: Final = ("function_call_output", "custom_tool_call_output")
#: Items that are no turn: thoughts, a provider's own search, and what keeps the program's state.
_PASSED_OVER: Final = (
    *("reasoning", "web_search_call", "ghost_snapshot", "compaction", "compaction_summary"),
    *("image_generation_call", "tool_search_call", "tool_search_output", "other"),
)
ITEMS: Final = ("message", *_CALLS, *_OUTPUTS, *_PASSED_OVER)


def read_items(items: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Return the conversation of response items.

    Raises:
        RecordError: `schema_violation`: a message holds what is no text, a call names no function.
    """
    return read_messages(list(_turns(items)))


def _turns(items: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    turn: dict[str, Any] | None = None  # the assistant's, to which calls may be added
    for item in items:
        kind, role = item.get("type"), item.get("role")
        if kind in _PASSED_OVER:
            continue
        if kind in _CALLS:
            turn = turn or {"role": "assistant", "content": None}
            turn.setdefault("tool_calls", []).append(_call(item))
            continue
        if turn is not None:
            yield turn
            turn = None
        if kind in _OUTPUTS:
            output = _output(item.get("output"))
            yield {"role": "tool", "content": output, "tool_call_id": item.get("call_id")}
        elif role == "assistant":
            turn = {"role": role, "content": item.get("content")}
        else:
            yield {"role": role, "content": item.get("content")}
    if turn is not None:
        yield turn


def _call(item: Mapping[str, Any]) -> dict[str, Any]:
    name: Any
    arguments: Any
    if item.get("type") == "local_shell_call":
        name, arguments = "local_shell", item.get("action")
    elif item.get("type") == "custom_tool_call":
        name, arguments = item.get("name"), {"input": item.get("input")}
    else:
        name, arguments = item.get("name"), item.get("arguments")
    return as_call(item.get("call_id"), name, arguments)


def _output(output: Any) -> Any:
    """Return a tool's output: a text, parts of text, or an object with its `content`."""
    if isinstance(output, dict):
        content = output.get("content")
        return content if isinstance(content, str | list) else compact(output)
    return output or ""
