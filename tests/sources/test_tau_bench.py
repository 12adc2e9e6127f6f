"""tau-bench's rows: the reward is the verdict, the user's script an answer key."""

import json
from typing import Any

import pytest

from distill.records.taxonomy import VerdictOutcome
from distill.sources.facts import holds_answer_key
from distill.sources.protocol import RecordError, RunDraft
from distill.sources.tau_bench import TauBench

SCRIPT = "You are mia_li_3668. You want to fly from New York to Seattle on May 20, one way."
ACTIONS = [{"name": "book", "kwargs": {"origin": "JFK"}}]


def row(**changes: Any) -> dict[str, Any]:
    """Return a run, changed."""
    talk = [
        {"role": "system", "content": "# Policy"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    task = {"user_id": "mia", "actions": ACTIONS, "instruction": SCRIPT, "outputs": []}
    whole = {"task_id": 3, "reward": 1.0, "info": {"task": task}, "traj": talk, "trial": 0}
    return whole | changes


def read(value: dict[str, Any], **settings: Any) -> RunDraft:
    """Return the row's run."""
    (found,) = TauBench.from_settings(settings).answer([value], path="runs/gpt-4o-airline.json.gz")
    assert isinstance(found, RunDraft)
    return found


@pytest.mark.parametrize(
    ("reward", "outcome"),
    [
        (1.0, "accepted"),
        (1, "accepted"),
        (0.9999999999, "accepted"),
        (0.7100000000000001, "partially_accepted"),
        (0.0, "rejected"),
        (-1, "rejected"),
        (2, "unreadable"),
        (True, "unreadable"),
        ("1.0", "unreadable"),
        (None, "unreadable"),
    ],
)
def test_reward(reward: Any, outcome: str) -> None:
    """The harness's number decides; what is no number between its bounds is unreadable."""
    (verdict,) = read(row(reward=reward)).verdicts
    assert verdict.outcome == VerdictOutcome(outcome)
    assert verdict.value == reward


@pytest.mark.parametrize(
    "changes",
    [
        {"traj": []},
        {"traj": [], "info": {"error": "RateLimitError", "traceback": "…"}},
        {"info": {"error": "x"}},
    ],
)
def test_a_failed_harness_judges_nobody(changes: dict[str, Any]) -> None:
    """The 0.0 of a run that the harness broke off, or that never began, is no verdict."""
    found = read(row(reward=0.0, **changes))
    assert found.verdicts == ()
    assert found.instrument_failure


def test_the_script_is_an_answer_key_and_no_prompt() -> None:
    """Script and expected actions are named as answer keys, and stand in no message."""
    found = read(row())
    assert SCRIPT in found.answer_keys
    assert '[{"kwargs":{"origin":"JFK"},"name":"book"}]' in found.answer_keys
    assert found.task_fields == (row()["info"]["task"],)
    assert not holds_answer_key(found.messages or (), found.answer_keys)
    leaking = read(row(traj=[{"role": "user", "content": f"My script: {SCRIPT}"}]))
    assert holds_answer_key(leaking.messages or (), leaking.answer_keys)


def test_the_model_comes_from_the_settings() -> None:
    """The log does not name the agent's model: a setting does, or the path."""
    assert read(row()).model is None
    assert read(row(), model="gpt-4o").model == "gpt-4o"
    assert read(row(), model="@file").model == "gpt-4o-airline"
    assert read(row(), model="@folder").model == "runs"


@pytest.mark.parametrize("value", [{}, {"traj": None}, {"traj": "x"}])
def test_no_trajectory(value: dict[str, Any]) -> None:
    """A row without a list of messages is no run of this format."""
    with pytest.raises(RecordError) as caught:
        read(value)
    assert caught.value.rule == "no_trajectory"


def test_arguments_are_read() -> None:
    """Arguments that the log keeps as JSON in a string are an object in the record."""
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": json.dumps({"a": 1})},
    }
    found = read(row(traj=[{"role": "assistant", "content": None, "tool_calls": [call]}]))
    assert found.messages is not None
    assert found.messages[0].tool_calls is not None
    assert found.messages[0].tool_calls[0].function.arguments == {"a": 1}
