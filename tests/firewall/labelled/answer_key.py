"""Prompts that hold the task's answer key, and prompts that only come near it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from distill.records.message import Message
from distill.sources.facts import holds_answer_key
from tests.exports.builders import assistant, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, found_in_run

_KEYS = tuple(
    f"def solve_{number}(items):\n    return sorted(items, key=lambda one: -one)[:{number}]\n"
    for number in range(17)
)


@dataclass(frozen=True, slots=True)
class Given:
    """A conversation, and the answer keys of its task."""

    messages: tuple[Message, ...]
    keys: tuple[str, ...]


def _asked(text: str) -> tuple[Message, ...]:
    return user(text), assistant("Done.")


def _positives() -> Iterator[Given]:
    for number, key in enumerate(_KEYS):
        yield Given(_asked(key), (key,))
        yield Given(_asked(f"Mend this.\n```\n{key}```\nThanks."), ("no", key))
        yield Given((Message(role="system", content=f"Hint: {key}"), *_asked("Go.")), (key,))
        yield Given((Message(role="developer", content=key), *_asked("Go.")), (key,))
        yield Given((*_asked("Go."), user(f"It is {key}"), assistant("So be it.")), (key,))
        yield Given((tool(f"README: {key}"), *_asked("Go.")), (key,))
        if number < 6:  # the key with other white space: it is looked for verbatim
            yield Given(_asked(" ".join(key.split())), (key,))


def _negatives() -> Iterator[Given]:
    for number, key in enumerate(_KEYS):
        yield Given((user(f"Write solve_{number}."), assistant(key)), (key,))
        yield Given(_asked(f"Write it, beginning with {key[:38]}"), (key,))
        yield Given(_asked(f"The answer is {number} or so."), (f"{number}",))
        read = (user("Go."), assistant(f"A look {number}."), tool(f"solve.py: {key}"))
        yield Given((*read, assistant("Done.")), (key,))
        yield Given(_asked(_KEYS[number - 1]), (key,))
        yield Given(_asked(f"{key}"), ())


def _finds() -> Callable[[Given], bool]:
    found = found_in_run("answer_key")

    def finds(given: Given) -> bool:
        is_there = holds_answer_key(given.messages, given.keys)
        facts = {"answer_key_in_prompt": is_there}
        return found({"messages": given.messages, "facts": facts})

    return finds


SET = LabelledSet(
    gate="answer_key",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=_finds(),
    misses="a key that is worded or spaced anew, and keys of fewer than 40 characters",
)
