"""Runs logged again with small changes, and runs that only look alike."""

from collections.abc import Iterator

from distill.records.message import Message
from tests.exports.builders import assistant, call, run, tool, user
from tests.firewall.alike import found_among
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields

Pair = tuple[RunFields, RunFields]


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(one.split()) for one in text.split("\n\n"))


_TASKS = _paragraphs("""
The export of invoices drops the last line when the customer's name holds a comma. Find out
why, mend it, and add a test that fails without your change and passes with it.

Our parser takes quadratic time on long lines of opening brackets. Make it linear, keep the
error messages as they are, and say in the changelog what was changed and for whom.

Write a function that merges two sorted lists of intervals into one sorted list without
overlaps, and explain how it behaves when one of the lists, or both of them, are empty.

A customer wants to move her flight from the ninth to the eleventh of May, keep her seat, and
pay with the same card as before. Check what the rules allow and do what can be done.

Read the service's log of last night, find the first error that is not a follow-up of another
one, and describe in three sentences what went wrong and which change brought it in.
""")

_ANSWERS = _paragraphs("""
The writer splits each row at commas before it quotes the fields, so a comma in a name makes
one field more than there are columns and the last one is cut. I moved the quoting before the
join, added a test with such a name, and ran the whole suite: all of it passes.

Each bracket started a new scan to the end of the line. The scan's result is now kept for the
line, so that it happens once; a line of a million brackets takes half a second instead of
many minutes. The messages are the same, and the changelog has an entry under Fixed.

It walks over both lists at once, always takes the interval that begins first, and widens the
last one of the result where they touch. With one empty list it returns a copy of the other;
with two it returns an empty list. The time is linear in the sum of both lengths.

I moved the booking to the eleventh and kept seat 14C, which was free on that flight as well.
The rules allow one change without a fee in this fare, so the card was not charged; the
confirmation was sent to the address that stands in the profile. Is there anything else?

The first error is the refused connection at 02:14, all later ones are requests that wait for
it. The database had been restarted with a smaller pool by the deployment of 02:10, which had
the new default. Setting the size of the pool back, or waiting longer, would mend it.
""")

_STEPS = (
    "Let me look at the code that does it before I change anything about how it is called.",
    "The test that I wrote fails as it should, so now I change the place that I found above.",
    "Everything passes. One more look at the difference, to be sure that nothing else changed.",
)
_COMMANDS = ("grep -rn def src", "pytest -q tests", "git diff --stat")


def _single(task: str, answer: str) -> RunFields:
    return {"messages": (user(task), assistant(answer))}


def _agent(task: str, answer: str, steps: tuple[str, ...] = _STEPS) -> RunFields:
    turns: list[Message] = []
    for said, command in zip(steps, _COMMANDS, strict=True):
        turns += [assistant(said, call("bash", {"command": command})), tool("ok")]
    return {"messages": (user(task), *turns, assistant(answer))}


def _with(text: str, number: int, word: str) -> str:
    """The text with one word replaced, which one the number says."""
    words = text.split()
    words[number % len(words)] = word
    return " ".join(words)


def _copies() -> Iterator[Pair]:
    for number, (task, answer) in enumerate(zip(_TASKS, _ANSWERS, strict=True)):
        for make in (_single, _agent):
            one = make(task, answer)
            for copy in range(3):
                named = f"{answer} Run {number}{copy}."
                yield one, make(task, named)
                yield make(task, named + "!"), make(task.upper(), named + "?")
            yield one, make(task, answer.replace(" ", "\n"))
            yield one, make(task, _with(answer, 11, "really"))
            yield one, make(_with(task, -1, "indeed."), answer)
            yield one, make(task, "Well, then: " + answer)
            # Two words in the middle, far apart: of so short an answer that is much.
            yield one, make(task, _with(_with(answer, 15, "really"), 30, "quite"))
        for place in range(3):
            steps = tuple(
                _with(said, 5, "always") if at == place else said for at, said in enumerate(_STEPS)
            )
            yield _agent(task, answer), _agent(task, answer, steps)


def _strangers() -> Iterator[Pair]:
    for number, (task, answer) in enumerate(zip(_TASKS, _ANSWERS, strict=True)):
        for other in range(1, 5):
            at = (number + other) % 5
            yield _single(task, answer), _single(task, _ANSWERS[at])
            yield _single(task, answer), _single(_TASKS[at], answer)
            yield _agent(task, answer), _agent(_TASKS[at], _ANSWERS[at])
        yield _single(task, answer), _agent(task, answer)
        yield _single(task, answer), _single(task, " ".join(reversed(answer.split())))
        yield _single(task, answer), _single(task, answer[: len(answer) // 2])
        yield _single(task, answer), _single(task, f"{answer} {_ANSWERS[(number + 1) % 5]}")
    for number in range(40):
        # The same short frame around another number: sums, and answers of a word.
        sum_of = (f"What is {number} plus {n}? Answer with the number alone." for n in (3, 4))
        yield tuple(_single(asked, str(number + 7)) for asked in sum_of)  # type: ignore[misc]
        task = _TASKS[number % 5]
        yield _single(f"{task} {number}", "Yes."), _single(f"{task} {number}", "No.")


def is_found(pair: Pair) -> bool:
    """Whether one of two runs is kept in the place of the other."""
    runs = [run(f"d/{number}", **fields) for number, fields in enumerate(pair)]
    return bool(found_among(runs))


SET = LabelledSet(
    gate="near_duplicate",
    positives=tuple(_copies()),
    negatives=tuple(_strangers()),
    finds=is_found,
    misses=(
        "runs told in other words; texts of fewer than 20 words unless they are the same; in short"
        " texts, two changes far apart"
    ),
)
