"""The gate of loops, and the bounds of length: what is counted, and where each setting bites."""

import pytest

from distill.exports.rag import rag_sample
from distill.exports.settings import RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.firewall.looping import observe
from distill.firewall.settings import (
    Action,
    FirewallSettings,
    LengthSettings,
    LoopingSettings,
)
from distill.records.message import Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import assistant, call, run, tool, user


def again(times: int, *, command: str = "ls") -> tuple[Message, ...]:
    """A run that calls one command so many times, each answered by the tool."""
    turns = [(assistant(None, call("sh", {"command": command})), tool("no")) for _ in range(times)]
    return (user("go"), *(turn for pair in turns for turn in pair), assistant("done"))


@pytest.mark.parametrize(("times", "is_out"), [(1, False), (5, False), (6, True), (100, True)])
def test_a_sixth_same_action_in_a_row_is_a_loop(times: int, is_out: bool) -> None:
    """The default allows five."""
    result = sft_sample(*run("trial/a", messages=again(times)), SftSettings())
    assert isinstance(result, Refusal) == is_out
    if isinstance(result, Refusal):
        assert result.reason is QuarantineReason.LOOPING
        assert result.detail == f"one action {times} times in a row from /messages/1 on"


def test_another_action_between_breaks_a_loop() -> None:
    """Five, another, five."""
    messages = (*again(5), assistant("let me think"), *again(5)[1:])
    assert not isinstance(sft_sample(*run("trial/a", messages=messages), SftSettings()), Refusal)


def test_other_arguments_are_another_action() -> None:
    """The same function with other arguments is no repeat."""
    messages = (user("go"), *(assistant(None, call("sh", {"n": n})) for n in range(20)))
    assert observe(RunTexts(messages=messages)) is None


def test_the_setting_decides_and_off_is_off() -> None:
    """`max_repeats` moves the bound, and `off` takes the gate away."""
    subject = run("trial/a", messages=again(6))
    for settings in (LoopingSettings(max_repeats=6), LoopingSettings(action=Action.OFF)):
        firewall = FirewallSettings(looping=settings)
        assert not isinstance(sft_sample(*subject, SftSettings(firewall=firewall)), Refusal)


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        (LengthSettings(), None),
        (LengthSettings(min_chars=10, max_chars=10), None),
        (LengthSettings(min_chars=11), "too_short"),
        (LengthSettings(max_chars=9), "too_long"),
        (LengthSettings(max_chars=9, action=Action.OFF), None),
    ],
)
def test_length_is_held_against_both_bounds(bounds: LengthSettings, rule: str | None) -> None:
    """Both bounds are allowed lengths."""
    firewall = FirewallSettings(length_out_of_bounds=bounds)
    subject = run("trial/a", facts={"text_chars": 10})
    result = rag_sample(*subject, RagSettings(firewall=firewall))
    assert (result.rule if isinstance(result, Refusal) else None) == rule
