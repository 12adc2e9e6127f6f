"""Agents in a loop, and agents that only do similar things again."""

from collections.abc import Iterator

from distill.records.message import Message
from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_COMMANDS = (
    "pytest -q tests/test_core.py",
    "ls -la",
    "cat setup.cfg",
    "python reproduce.py",
    "git status",
    "make build",
    "grep -rn 'def parse' src",
    "npm test",
)
_SAID = (
    "Let me run the tests again.",
    "I'll try that once more.",
    "",
    "The file should exist now.",
)


def _turn(said: str, command: str) -> tuple[Message, Message]:
    return assistant(said or None, call("bash", {"command": command})), tool("exit code 1")


def _run(*turns: Message) -> RunFields:
    return {"messages": (user("Mend the build."), *turns, assistant("Done."))}


def _loops() -> Iterator[RunFields]:
    for number, command in enumerate(_COMMANDS):
        for said in _SAID:
            yield _run(*_turn(said, command) * (6 + number))
            before = _turn("First a look.", f"head {number}.txt")
            yield _run(*before, *_turn(said, command) * 7, *_turn("Now this.", "true"))
    for number in range(30):
        text = f"Action: open_page[{number}]\nObservation wanted."
        step = (assistant(text), user("Nothing happened."))
        yield {"messages": (user("Book it."), *step * (6 + number % 5))}
    for number, command in enumerate(_COMMANDS):
        pair = (*_turn("", command), *_turn("", f"sed -n {number}p a.py"))
        yield _run(*pair * 8)  # two actions in turns: the gate does not look for it


def _sound() -> Iterator[RunFields]:
    for number, command in enumerate(_COMMANDS):
        for repeats in range(1, 6):
            yield _run(*_turn("", command) * repeats, *_turn("Another way.", f"echo {number}"))
        yield _run(*(m for page in range(12) for m in _turn("", f"{command} --page {page}")))
        edits = (_turn("", f"sed -i {line}d src/a.py") for line in range(9))
        yield _run(*(m for edit in edits for m in (*edit, *_turn("", command))))
        said = (f"Attempt {attempt}: {command}" for attempt in range(10))
        yield _run(*(m for one in said for m in _turn(one, command)))
    for number in range(40):
        turns = [assistant(f"Question {number}.{one}?") for one in range(8)]
        yield {"messages": (user("Ask me."), *(m for t in turns for m in (t, user("yes"))))}


SET = LabelledSet(
    gate="looping",
    positives=tuple(_loops()),
    negatives=tuple(_sound()),
    finds=found_in_run("looping"),
    misses="loops of several actions in turns (A, B, A, B), and one action worded anew each time",
)
