"""What a run's text says of itself: its prompt, its output, their digests, an answer key in it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.json import Encoder

from distill.receipts.digest import blake3_hex
from distill.records.compact import compact, holds_float
from distill.records.message import PROMPTING_ROLES, Message

#: Shorter answer keys ("18", "yes") stand in prompts by chance.
MIN_ANSWER_KEY_CHARS: Final = 40

_SORTED: Final = Encoder(order="sorted")


def digest_json(value: Any) -> str:
    """Return the 64 hex digits of a JSON value's canonical form: keys sorted, no blanks, UTF-8."""
    return blake3_hex(compact(value).encode())


def digest_list(forms: Iterable[bytes]) -> str:
    """Return what `digest_json` gives of a list, from the canonical form of each of its values."""
    return blake3_hex(b"[" + b",".join(forms) + b"]")


def canonical_form(message: Message) -> bytes:
    """Return a message as canonical JSON, what is null left out.

    Law: it is `compact` of the message's fields. msgspec writes the same, but for the exponents of
    floats.
    """
    calls = message.tool_calls or ()
    if any(holds_float(call.function.arguments) for call in calls):
        return compact(message.as_json()).encode()
    return _SORTED.encode(message)


def prompt_of(messages: Sequence[Message] | None) -> tuple[Message, ...]:
    """Return the messages before the first assistant's; all where no assistant speaks."""
    messages = messages or ()
    first = next((i for i, m in enumerate(messages) if m.role == "assistant"), len(messages))
    return tuple(messages[:first])


def turns_of(messages: Sequence[Message]) -> slice:
    """Return where the output lies: from the first assistant's message to the last.

    Where no assistant speaks it is empty, and lies after all of them.
    """
    turns = [i for i, message in enumerate(messages) if message.role == "assistant"]
    return slice(turns[0], turns[-1] + 1) if turns else slice(len(messages), len(messages))


def says_nothing(output: Sequence[Message]) -> bool:
    """Say whether no assistant's turn of an output says anything."""
    return all(message.is_blank for message in output if message.role == "assistant")


def text_chars(messages: Sequence[Message]) -> int:
    """Return the characters of the contents, joined by newlines, without calls."""
    lengths = [len(message.content) for message in messages if message.content]
    return sum(lengths) + max(len(lengths) - 1, 0)


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
        if message.content and (number < before or message.role in PROMPTING_ROLES)
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
