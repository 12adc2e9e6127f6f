"""OpenHands' outputs: three forms of events, one conversation; whose an error is; no key taken."""

from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.facts import holds_answer_key
from distill.sources.openhands import OpenHands
from distill.sources.protocol import RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.samples.openhands import (
    FILES,
    GOLD,
    KEY,
    PAIRS,
    PATCH,
    PROMPT,
    TIME,
    TOOL,
    V0,
    V1,
    output,
    row,
)


def read(value: Any) -> RunDraft:
    """Return the row's run."""
    (found,) = OpenHands.from_settings({}).answer([value], path="output.jsonl")
    assert isinstance(found, RunDraft)
    return found


def said(run: RunDraft) -> list[tuple[str, str | None, list[tuple[str, Any]] | str | None]]:
    """Return each turn: role, content, and its calls or the call that it answers."""
    return [
        (
            message.role,
            message.content,
            [(call.id or "", call.function.arguments) for call in message.tool_calls]
            if message.tool_calls
            else message.tool_call_id,
        )
        for message in run.messages or ()
    ]


BOTH = [("c1", {"command": "ls"}), ("c2", {"command": "pwd"})]


def test_v0_events() -> None:
    """The model's own response is a turn once, whatever number of actions it led to."""
    run = read(output(V0))
    assert said(run) == [
        ("system", "You are an agent.", None),
        ("user", PROMPT, None),
        ("assistant", "I look first.", BOTH),
        ("tool", "ledger", "c1"),
        ("tool", "/work", "c2"),
        ("assistant", "Done.", None),
    ]
    assert run.tools == (TOOL,)
    assert run.recorded_at == TIME


def test_pairs_without_responses() -> None:
    """An old log's action is a call of its name, answered by its observation."""
    assert said(read(output(PAIRS))) == [
        ("user", PROMPT, None),
        ("assistant", "I look.", [("2", {"command": "ls"})]),
        ("tool", "ledger", "2"),
        ("assistant", "Done.", [("4", {"outputs": {}})]),
    ]


def test_v1_events() -> None:
    """Calls of one response are one turn; an error answers its call."""
    run = read(output(V1))
    assert said(run) == [
        ("system", "You are an agent.", None),
        ("user", PROMPT, None),
        ("assistant", "I look first.", BOTH),
        ("tool", "ledger", "c1"),
        ("tool", "no pwd", "c2"),
        ("assistant", "Done.", None),
    ]
    assert run.tools == (TOOL,)


def test_an_instruction_that_is_no_event() -> None:
    """Where the events don't begin with the user, the instruction is what the model was asked."""
    assert said(read(output(PAIRS[1:])))[0] == ("user", PROMPT, None)
    begun = [turn[0] for turn in said(read(output([V0[0], *V0[5:]])))]
    assert begun[:3] == ["system", "user", "assistant"]


def test_a_data_sets_row() -> None:
    """Messages and `resolved` are a run and its verdict."""
    run = read(row(trajectory_id="t-1"))
    assert [turn[0] for turn in said(run)] == ["system", "user", "assistant", "tool", "assistant"]
    assert (run.logged_run_id, run.task_id, run.tools) == ("t-1", "acme__ledger-8", (TOOL,))
    (verdict,) = run.verdicts
    assert (verdict.outcome, verdict.pointer) == (VerdictOutcome.REJECTED, "/resolved")
    messages = row()["messages"]
    as_trajectory = row(messages=None, trajectory=messages)
    assert read(as_trajectory).messages == run.messages


def test_nothing_is_taken_of_the_configuration() -> None:
    """The configuration and the states of the machinery may hold keys; the model's name is read."""
    for history in (V0, PAIRS, V1):
        run = read(output(history))
        assert KEY not in str(run)
        assert run.model == "example-model"
    assert read(output(V1, metadata={"llm": {"model": "m"}})).model == "m"
    assert read(row()).model is None


@pytest.mark.parametrize(
    ("report", "outcome", "detail"),
    [
        ({"resolved": True}, "accepted", ""),
        ({"resolved": 1}, "accepted", ""),
        ({"resolved": False}, "rejected", ""),
        ({"resolved": False, "failed_apply_patch": True}, "rejected", ""),
        ({"resolved": False, "empty_generation": True}, "rejected", "no_output"),
        ({"resolved": False, "error_eval": True}, "instrument_failure", "error_eval"),
        ({"resolved": False, "test_timeout": True}, "instrument_failure", "test_timeout"),
        ({"resolved": "False"}, "unreadable", ""),
        ({"resolved": 0.5}, "unreadable", ""),
        ({"resolved": 2}, "unreadable", ""),
    ],
)
def test_reports(report: dict[str, Any], outcome: str, detail: str) -> None:
    """A harness that timed out or failed judges nobody; a text is no truth value."""
    for place, value in (
        ("/test_result/report/resolved", output(V0, test_result={"report": report})),
        ("/report/resolved", output(V0, test_result={}, report=report)),
        ("/resolved", row(**report)),
    ):
        (verdict,) = read(value).verdicts
        assert verdict.origin is VerdictOrigin.TEST_HARNESS
        assert (verdict.value, verdict.pointer) == (report["resolved"], place)
        assert (verdict.outcome, verdict.detail) == (VerdictOutcome(outcome), detail)


@pytest.mark.parametrize(
    "test_result", [{}, {"git_patch": PATCH}, {"report": {}}, {"report": None}]
)
def test_no_report(test_result: dict[str, Any]) -> None:
    """Without a report there is no verdict: it is beside, or nobody judged."""
    assert read(output(V0, test_result=test_result)).verdicts == ()


REACHED = "RuntimeError: Agent reached maximum iteration. Current iteration: 3, max iteration: 3"


@pytest.mark.parametrize(
    ("states", "is_cut"),
    [
        ([{"agent_state": "error", "reason": REACHED}], True),
        ([{"agent_state": "error", "reason": "APIError"}], False),
        ([{"agent_state": "error", "reason": REACHED}, {"agent_state": "finished"}], False),
        ([{"agent_state": "finished", "reason": REACHED}], False),
        ([{"agent_state": "error"}, {"agent_state": "error", "reason": None}], False),
        ([None], False),
    ],
)
def test_the_last_state_tells_a_limit(states: list[Any], is_cut: bool) -> None:
    """The state that V0's controller ended in, where `error` was not written."""
    told = [
        {"id": 90 + n, "observation": "agent_state_changed", "extras": one, "content": ""}
        for n, one in enumerate(states)
    ]
    assert bool(read(output([*V0, *told], error=None)).cut_short) == is_cut


def test_a_data_set_tells_a_limit() -> None:
    """By its column of how a run ended."""
    assert read(row(exit_status="max_iterations")).cut_short is not None
    assert read(row(exit_status="submit")).cut_short is None


@pytest.mark.parametrize(
    "error",
    [
        "AgentStuckInLoopError: Agent got stuck in a loop",
        "RuntimeError: Agent reached maximum iteration in headless mode. Current iteration: 30",
        "Agent reached maximum budget for task",
        "LLMContextWindowExceedError: too long",
        None,
        "",
    ],
)
def test_the_agents_own_end(error: str | None) -> None:
    """A loop, a limit or a malformed action is the agent's: the verdict stands."""
    run = read(output(V0, error=error))
    assert bool(run.cut_short) == any(word in str(error) for word in ("maximum", "Window"))
    assert run.instrument_failure is None
    assert run.verdicts


@pytest.mark.parametrize(
    "error",
    [
        "AgentRuntimeDisconnectedError: 502",
        "Timeout after 3600 seconds",
        "Maximum retries (5) reached: could not build the image",
        "litellm.RateLimitError: 429",
        "something that nobody foresaw",
    ],
)
def test_the_instruments_error(error: str) -> None:
    """What the machine did, or may have done, judges nobody; its words are not quoted."""
    found = read(output([], test_result={}, error=error)).instrument_failure
    assert found
    assert error not in found


@pytest.mark.parametrize("patch", [None, "", " \n"])
def test_no_patch(patch: str | None) -> None:
    """A run that handed in nothing keeps its turns and has no output."""
    assert read(output(V0, test_result={"git_patch": patch})).is_empty_handed
    assert read(row(model_patch=patch)).is_empty_handed
    assert not read(output(V0, test_result={})).is_empty_handed


def test_gold_patches_are_answer_keys() -> None:
    """The benchmark's own row holds them: they are named, and stand in no turn."""
    run = read(output(V0))
    assert run.answer_keys == (GOLD, GOLD + "+x")
    assert not holds_answer_key(run.messages or (), run.answer_keys)
    asked = [{"action": "message", "source": "user", "args": {"content": f"Do {GOLD}"}}]
    leaking = read(output(asked))
    assert holds_answer_key(leaking.messages or (), leaking.answer_keys)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({}, "no_instance_id"),
        ({"instance_id": "a"}, "no_history"),
        (output("x"), "history_no_list"),
        (output([7]), "event_no_object"),
        (output([[V0[1], None]]), "event_no_object"),
        (row(messages=[{"role": "narrator"}]), "unknown_role"),
        (row(messages="no json"), "not_json"),
        (output([{"kind": "ActionEvent"}]), "bad_tool_call"),
        (row(tools="x"), "not_json"),
    ],
)
def test_wrong_rows(value: dict[str, Any], rule: str) -> None:
    """A row of another form is refused by a rule."""
    with pytest.raises(RecordError) as caught:
        read(value)
    assert caught.value.rule == rule


def test_wrong_settings() -> None:
    """There is nothing to set."""
    with pytest.raises(ConfigurationError):
        OpenHands.from_settings({"model": "x"})


@pytest.mark.parametrize("path", FILES)
def test_recognised(path: str) -> None:
    """Outputs and data sets are known, also cut off in their last line."""
    assert recognise(path, FILES[path]).kind == "openhands"
    assert recognise(path, FILES[path] + FILES[path][:200]).kind == "openhands"
