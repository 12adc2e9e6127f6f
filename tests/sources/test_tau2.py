"""tau2-bench's results: what the agent saw, whose an end is, and what must reach no prompt."""

import json
from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.facts import holds_answer_key
from distill.sources.protocol import RecordError, RunDraft
from distill.sources.recognise import recognise
from distill.sources.tau2 import Tau2
from tests.sources.samples.tau2 import (
    FILES,
    GOAL,
    INFO,
    POLICY,
    SCRIPT,
    TASK,
    call,
    message,
    results,
    simulation,
)

HEADER = {"tasks": [TASK], "info": INFO}


def read(row: Any, header: Any = HEADER) -> RunDraft:
    """Return the simulation's run."""
    (found,) = Tau2.from_settings({}).answer([row, header], path="results.json")
    assert isinstance(found, RunDraft)
    return found


def said(run: RunDraft) -> list[tuple[str, str | None]]:
    """Return the run's turns."""
    return [(message.role, message.content) for message in run.messages or ()]


def test_the_agents_conversation() -> None:
    """The policy is its system prompt; what the user does by itself the agent does not see."""
    run = read(simulation())
    assert said(run) == [
        ("system", POLICY),
        ("assistant", "Hi! How can I help you today?"),
        ("user", "My parcel should go to my office."),
        ("assistant", None),
        ("tool", "{}"),
        ("assistant", "It is done."),
        ("user", "###STOP###"),
    ]
    assert run.messages is not None
    assert run.messages[3].tool_calls is not None
    assert run.messages[3].tool_calls[0].function.arguments == {"parcel": "P-17"}
    assert run.messages[4].tool_call_id == "c1"
    assert "open_app" not in str(run.messages)


def test_several_results_in_one_message() -> None:
    """Each of them is a turn, but for the user's own."""
    results_of_both = [
        {"id": "a", "role": "tool", "content": "1", "requestor": "assistant"},
        {"id": "b", "role": "tool", "content": "2", "requestor": "user"},
    ]
    talk = [message("assistant", "?"), {"role": "tool", "tool_messages": results_of_both}]
    assert said(read(simulation(messages=talk)))[2:] == [("tool", "1")]


def test_names() -> None:
    """Run, trial, model and time come from the log; the task is told by scenario and domain."""
    run = read(simulation())
    assert (run.task_id, run.trial, run.model) == ("0", "0", "example-model")
    assert run.logged_run_id == "5d0c8f6e-0000-4000-8000-000000000000"
    assert run.recorded_at == "2026-03-01T10:00:00"
    elsewhere = {**INFO, "environment_info": {"domain_name": "trains"}}
    other = read(simulation(), {"tasks": [TASK], "info": elsewhere})
    assert other.task_fields != run.task_fields
    assert "a-users-model" not in str(run)


def test_policies_and_tools() -> None:
    """A simulation's own policy goes first; tools are taken where the file has them."""
    assert said(read(simulation(policy="own")))[0] == ("system", "own")
    assert read(simulation()).tools is None
    signature = {"name": "find", "doc": "Finds.", "params": {"type": "object"}, "returns": {}}
    environment = {"policy": POLICY, "tool_defs": {"find": signature}}
    run = read(simulation(), {"tasks": [TASK], "info": {"environment_info": environment}})
    function = {"name": "find", "description": "Finds.", "parameters": {"type": "object"}}
    assert run.tools == ({"type": "function", "function": function},)
    without = read(simulation(), {"tasks": [TASK]})
    assert said(without)[0][0] == "assistant"


@pytest.mark.parametrize(
    ("reward", "outcome"),
    [
        (1.0, "accepted"),
        (1, "accepted"),
        (0.9999999999, "accepted"),
        (0.5, "partially_accepted"),
        (0.0, "rejected"),
        (-1, "rejected"),
        (2, "unreadable"),
        (True, "unreadable"),
        ("1.0", "unreadable"),
    ],
)
def test_reward(reward: Any, outcome: str) -> None:
    """The harness's number decides; what is no number between its bounds is unreadable."""
    (verdict,) = read(simulation(reward_info={"reward": reward})).verdicts
    assert (verdict.outcome, verdict.value) == (VerdictOutcome(outcome), reward)
    assert (verdict.origin, verdict.pointer) == (VerdictOrigin.TEST_HARNESS, "/reward_info/reward")


def test_a_reward_that_a_model_judged() -> None:
    """Where the reward's basis has assertions in words, a model gave it."""
    info = {"reward": 1.0, "reward_basis": ["DB", "NL_ASSERTION"]}
    (verdict,) = read(simulation(reward_info=info)).verdicts
    assert verdict.origin is VerdictOrigin.MODEL_JUDGE


@pytest.mark.parametrize("info", [None, {}, {"reward": None}, "x"])
def test_no_reward(info: Any) -> None:
    """A run that nobody judged has no verdict."""
    assert read(simulation(reward_info=info)).verdicts == ()


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"termination_reason": end}
            for end in ("infrastructure_error", "user_error", "unexpected_error", "timeout")
        ),
        {"termination_reason": "context_window_exceeded"},
        {"review": {"critical_user_error": True}},
        {"user_only_review": {"critical_user_error": True}},
        {"hallucination_check": {"hallucination_found": True}},
        {"messages": []},
        {"messages": None},
    ],
)
def test_what_is_not_the_agents(changes: dict[str, Any]) -> None:
    """The machine's, the clock's and the user's failures judge nobody: the 0.0 is no verdict."""
    run = read(simulation(reward_info={"reward": 0.0}, **changes))
    assert run.verdicts == ()
    assert run.instrument_failure


@pytest.mark.parametrize(
    "end", ["user_stop", "agent_stop", "max_steps", "too_many_errors", "agent_error", None, 7]
)
def test_the_agents_own_end(end: Any) -> None:
    """A limit, or an error of the agent, is its own: the reward stands."""
    run = read(simulation(termination_reason=end, reward_info={"reward": 0.0}))
    assert [verdict.outcome for verdict in run.verdicts] == [VerdictOutcome.REJECTED]
    assert run.instrument_failure is None
    assert run.cut_short == (end if end in ("max_steps", "too_many_errors") else None)


def test_script_and_criteria_are_answer_keys() -> None:
    """They are named, part by part, and stand in no turn."""
    run = read(simulation())
    assert {SCRIPT, GOAL} <= set(run.answer_keys)
    assert any("Harbour Street" in key for key in run.answer_keys)
    assert not holds_answer_key(run.messages or (), run.answer_keys)
    leaking = read(simulation(messages=[message("user", f"I was told: {SCRIPT}")]))
    assert holds_answer_key(leaking.messages or (), leaking.answer_keys)
    as_text = {**TASK, "user_scenario": {"instructions": SCRIPT}}
    assert SCRIPT in read(simulation(), {"tasks": [as_text]}).answer_keys


def test_each_simulation_has_its_own_task() -> None:
    """One reader is asked about many simulations, and about the files of several runs."""
    reader = Tau2.from_settings({})
    other = {**TASK, "id": 1, "user_scenario": {"instructions": "another script"}}
    headers: list[dict[str, Any]] = [{"tasks": [TASK, other]}, {"tasks": [{**other, "id": "0"}]}]
    for header in headers:
        for task in header["tasks"]:
            (run,) = reader.answer([simulation(task_id=task["id"]), header], path="a.json")
            assert isinstance(run, RunDraft)
            assert run.task_fields is not None
            assert run.task_fields[1] == task["user_scenario"]


@pytest.mark.parametrize(
    ("row", "header", "rule"),
    [
        ({}, HEADER, "no_task"),
        (simulation(task_id="9"), HEADER, "no_task"),
        (simulation(task_id=None), {"tasks": [{"id": None}]}, "no_task"),
        (simulation(), {"tasks": "x"}, "no_task"),
        (simulation(), {"tasks": [TASK, {**TASK, "ticket": "another"}]}, "several_tasks"),
        (simulation(), {}, "no_task"),
        (simulation(messages="x"), HEADER, "messages_no_list"),
        (simulation(messages=[7]), HEADER, "message_no_object"),
        (simulation(messages=[message("user", "UklGRg==", is_audio=True)]), HEADER, "audio"),
        (simulation(messages=[message("narrator", "x")]), HEADER, "unknown_role"),
        (simulation(messages=[message("assistant", "", tool_calls=[7])]), HEADER, "bad_tool_call"),
        (
            simulation(messages=[message("assistant", "", tool_calls=[call("c", None)])]),  # type: ignore[arg-type]
            HEADER,
            "bad_tool_call",
        ),
    ],
)
def test_wrong_simulations(row: Any, header: Any, rule: str) -> None:
    """A simulation of another form, or without its task, is refused by a rule."""
    with pytest.raises(RecordError) as caught:
        read(row, header)
    assert caught.value.rule == rule


def test_wrong_settings() -> None:
    """There is nothing to set."""
    with pytest.raises(ConfigurationError) as caught:
        Tau2.from_settings({"model": "x"})
    assert caught.value.hint == "there is nothing to set: remove it"


def test_recognised() -> None:
    """A file of results is known on one line and on many, and cut off."""
    (path, data), *_ = FILES.items()
    assert recognise(path, data).kind == "tau2"
    assert recognise(path, data[: len(data) * 9 // 10]).kind == "tau2"
    assert recognise(path, json.dumps(results(simulation())).encode()).kind == "tau2"
