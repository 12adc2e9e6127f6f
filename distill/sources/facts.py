"""What a run's text says of itself: its prompt, its output, their digests, an answer key in it."""

from collections.abc import Sequence
from typing import Any, Final

from distill.receipts.digest import digest_bytes
from distill.records.message import Message, ToolCall
from distill.sources.tool_calls import compact

#: Shorter answer keys ("18", "yes") stand in prompts by chance.
MIN_ANSWER_KEY_CHARS: Final = 40


def digest_json(value: Any) -> str:
    """Return the 64 hex digits of a JSON value's canonical form: keys sorted, no blanks, UTF-8."""
    return digest_bytes(compact(value).encode()).hex


def message_values(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return messages as JSON values, what is null left out."""
    return [_message_value(message) for message in messages]


def _message_value(message: Message) -> dict[str, Any]:
    """Return what ``model_dump(exclude_none=True)`` gives, at a third of its price."""
    value: dict[str, Any] = {"role": message.role}
    if message.content is not None:
        value["content"] = message.content
    if message.tool_calls is not None:
        value["tool_calls"] = tuple(_call_value(call) for call in message.tool_calls)
    if message.name is not None:
        value["name"] = message.name
    if message.tool_call_id is not None:
        value["tool_call_id"] = message.tool_call_id
    return value


def _call_value(call: ToolCall) -> dict[str, Any]:
    value: dict[str, Any] = {"type": call.type}
    if call.id is not None:
        value["id"] = call.id
    value["function"] = {"name": call.function.name, "arguments": call.function.arguments}
    return value


def prompt_of(messages: Sequence[Message] | None) -> tuple[Message, ...]:
    """Return the messages before the first assistant's; all where no assistant speaks."""
    messages = messages or ()
    first = next((i for i, m in enumerate(messages) if m.role == "assistant"), len(messages))
    return tuple(messages[:first])


def output_of(messages: Sequence[Message] | None) -> tuple[Message, ...]:
    """Return the messages from the first assistant's to the last; none where none speaks."""
    messages = messages or ()
    turns = [i for i, message in enumerate(messages) if message.role == "assistant"]
    return tuple(messages[turns[0] : turns[-1] + 1]) if turns else ()


def output_digest(messages: Sequence[Message] | None, text: str | None) -> str | None:
    """Return the digest of the output, or of the text; null where that is blank."""
    if messages is None:
        return digest_json(text) if text is not None and text.strip() else None
    output = output_of(messages)
    if all(message.is_blank for message in output if message.role == "assistant"):
        return None
    return digest_json(message_values(output))


def text_of(messages: Sequence[Message]) -> str:
    """Return the contents, joined by newlines, without calls."""
    return "\n".join(message.content for message in messages if message.content)


def rendered_chars(messages: Sequence[Message] | None, text: str | None) -> int:
    """Return the characters of the RAG rendering (`docs/exports.md`) of a run.

    Law: equals the length of what `distill.exports.rendering` gives; a test holds the two together,
    since an import from here to there would go sideways.
    """
    if messages is None:
        return len(text or "")
    turns = [_rendered_chars(message) for message in messages if not message.is_blank]
    return sum(turns) + 2 * max(len(turns) - 1, 0)


def holds_answer_key(messages: Sequence[Message], keys: Sequence[str]) -> bool:
    """Say whether an answer key stands verbatim in what the model was given to read.

    Looked at are the messages before the first assistant's and every system, developer and user
    message; keys under 40 characters are left out, since they stand there by chance.
    """
    telling = [key for key in keys if len(key) >= MIN_ANSWER_KEY_CHARS]
    if not telling:
        return False
    before = len(prompt_of(messages))
    given = [
        message.content
        for number, message in enumerate(messages)
        if message.content and (number < before or message.role in ("system", "developer", "user"))
    ]
    return any(key in content for content in given for key in telling)


def _rendered_chars(message: Message) -> int:
    label = len(f"[{message.role} {message.name}]" if message.name else f"[{message.role}]")
    content = 1 + len(message.content) if message.content else 0
    calls = sum(
        len("\n[call ] ") + len(call.function.name) + _argument_chars(call.function.arguments)
        for call in message.tool_calls or ()
    )
    return label + content + calls


def _argument_chars(arguments: dict[str, Any] | str) -> int:
    return len(arguments if isinstance(arguments, str) else compact(arguments))
