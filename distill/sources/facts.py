"""What a run's text says of itself: its prompt, its output, their digests, an answer key in it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.json import Encoder

from distill.receipts.digest import blake3_hex
from distill.records.compact import compact, compact_bytes, holds_float
from distill.records.message import PROMPTING_ROLES, Message, ToolCall, first_turn

#: Shorter answer keys ("18", "yes") stand in prompts by chance.
MIN_ANSWER_KEY_CHARS: Final = 40

_SORTED: Final = Encoder(order="sorted")
_EMPTY: Final = b"[]"
#: The characters of a rendered call beside its function's name and its arguments.
_CALL_CHARS: Final = len("\n[call ] ")


def digest_json(value: Any) -> str:
    """Return the 64 hex digits of a JSON value's canonical form: keys sorted, no blanks, UTF-8."""
    return blake3_hex(compact_bytes(value))


def canonical_lists(messages: Sequence[Message], turns: slice) -> tuple[bytes, bytes, bytes]:
    """Return the messages before the turns, the turns, and those after, each as a canonical list.

    Law: a list is `compact` of the fields of its messages, what is null left out. msgspec writes
    the same, but for the exponents of floats.
    """
    has_floats = holds_float([call.function.arguments for call in _calls_of(messages)])
    write = _write_floats if has_floats else _SORTED.encode
    return (
        write(messages[: turns.start]),
        write(messages[turns]),
        write(messages[turns.stop :]),
    )


def joined_list(lists: Iterable[bytes]) -> bytes:
    """Return the canonical list of all values of canonical lists."""
    return b"[" + b",".join([one[1:-1] for one in lists if one != _EMPTY]) + b"]"


def prompt_of(messages: Sequence[Message] | None) -> tuple[Message, ...]:
    """Return the messages before the first assistant's; all where no assistant speaks."""
    messages = messages or ()
    return tuple(messages[: first_turn(messages)])


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
    turns = [message for message in messages if not message.is_blank]
    calls = _calls_of(turns)
    labels = [one.role for one in turns] + [f" {one.name}" for one in turns if one.name]
    contents = [one.content for one in turns if one.content]
    chars = sum(map(len, labels)) + 2 * len(turns) + sum(map(len, contents)) + len(contents)
    chars += sum([_CALL_CHARS + len(call.function.name) for call in calls])
    return chars + _argument_chars(calls) + 2 * max(len(turns) - 1, 0)


def holds_answer_key(messages: Sequence[Message], keys: Sequence[str]) -> bool:
    """Say whether an answer key stands verbatim in what the model was given to read.

    Looked at are the messages before the first assistant's and every system, developer and user
    message; keys under 40 characters are left out, since they stand there by chance.
    """
    telling = [key for key in keys if len(key) >= MIN_ANSWER_KEY_CHARS]
    if not telling:
        return False
    before = turns_of(messages).start
    given = [message.content for message in messages[:before]]
    given += [one.content for one in messages[before:] if one.role in PROMPTING_ROLES]
    return any(key in content for content in given if content for key in telling)


def _calls_of(messages: Sequence[Message]) -> list[ToolCall]:
    return [call for message in messages if message.tool_calls for call in message.tool_calls]


def _argument_chars(calls: Sequence[ToolCall]) -> int:
    """Return the characters of the arguments of calls, objects as compact JSON."""
    arguments = [call.function.arguments for call in calls]
    texts = [one for one in arguments if isinstance(one, str)]
    objects = [one for one in arguments if not isinstance(one, str)]
    between = len(objects) + 1 if objects else 0  # brackets and commas
    return sum(map(len, texts)) + (len(compact(objects)) - between if objects else 0)


def _write_floats(messages: Sequence[Message]) -> bytes:
    return compact_bytes([message.as_json() for message in messages])
