"""Gate: the agent does not do the same thing again and again.

An action is an assistant's turn with all its calls: what it says, which functions, which arguments.
What stands between two actions (a tool's answer, a user's word) does not break a loop: an agent
that is told "no" and does the same again is in one.
"""

from collections.abc import Iterator
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.observation import observation_of
from distill.records.evidence import Observation
from distill.records.message import FunctionCall, Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "looping"
VERSION: Final = 1

#: What is told: two of the same are no loop under any setting that is worth having.
_TOLD: Final = 2


def observe(texts: RunTexts) -> Observation | None:
    """Tell the longest chain of the same action, and the message that begins it, from 2 up."""
    best, begins = max(_chains(texts.messages or ()), default=(0, 0), key=lambda one: one[0])
    if best < _TOLD:
        return None
    return Observation(version=VERSION, numbers={"repeats": best, "message": begins})


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no action stands more than `max_repeats` times in a row."""
    chosen = settings.firewall.looping
    told = observation_of(candidate, NAME, QuarantineReason.LOOPING)
    repeats = 0 if told is None else told.numbers["repeats"]
    if told is None or repeats <= chosen.max_repeats:
        return None
    return Finding(
        QuarantineReason.LOOPING,
        "same_action",
        f"one action {repeats} times in a row from /messages/{told.numbers['message']} on",
    )


def _chains(messages: tuple[Message, ...]) -> Iterator[tuple[int, int]]:
    """Yield the length of each chain of the same action, and its first message's number."""
    length = first = 0
    before: Message | None = None
    for number, message in enumerate(messages):
        if message.role != "assistant" or message.is_blank:
            continue
        if before is not None and _is_same(before, message):
            length += 1
            continue
        if before is not None:
            yield length, first
        length, first, before = 1, number, message
    if before is not None:
        yield length, first


def _is_same(one: Message, other: Message) -> bool:
    """Say whether two turns are one action: what it says, which functions, which arguments."""
    if (one.content or "") != (other.content or ""):
        return False
    return _calls(one) == _calls(other)


def _calls(message: Message) -> list[FunctionCall]:
    return [call.function for call in message.tool_calls or ()]
