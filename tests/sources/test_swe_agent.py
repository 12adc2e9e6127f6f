"""SWE-agent's trajectories: no worked example, no verdict, and whose failure an end is."""

from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.sources.protocol import NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from distill.sources.swe_agent import SweAgent
from tests.sources.samples.swe_agent import DEMO, FILES, ISSUE, new, old

PATH = "runs/one/acme__ledger-7/acme__ledger-7.traj"


def read(row: Any, **settings: Any) -> RunDraft:
    """Return the document's run."""
    (found,) = SweAgent.from_settings(settings).answer([row], path=PATH)
    assert isinstance(found, RunDraft)
    return found


def said(run: RunDraft) -> list[tuple[str, str | None]]:
    """Return the run's turns."""
    return [(message.role, message.content) for message in run.messages or ()]


def test_before_1_1_0() -> None:
    """The history is the conversation, as the model was asked, without the demonstration."""
    assert said(read(old())) == [
        ("system", "SETTING: a shell."),
        ("user", ISSUE),
        ("assistant", "I look.\n```\nls\n```"),
        ("user", "ledger\n(Open file: n/a)"),
        ("assistant", "Done.\n```\nsubmit\n```"),
    ]


def test_since_1_1_0() -> None:
    """Calls and their answers belong together by id."""
    run = read(new())
    assert [role for role, _ in said(run)] == ["system", "user", "assistant", "tool", "assistant"]
    _, user, assistant, tool, last = run.messages or ()
    assert (user.content, tool.content, tool.tool_call_id) == (ISSUE, "ledger", "call_1")
    assert assistant.tool_calls is not None
    assert assistant.tool_calls[0].function.arguments == {"command": "ls"}
    assert (last.content, bool(last.tool_calls)) == (None, True)


@pytest.mark.parametrize(
    "row",
    [
        old(),
        new(),
        old(history=None),
        old(history=[]),
        new(history=None),
        new(history=None, trajectory=[{"messages": new()["history"][:3], "response": "x"}]),
    ],
)
def test_no_demonstration_stands_in_a_run(row: dict[str, Any]) -> None:
    """Worked examples are of another run; a row that is trained on must not hold them."""
    assert DEMO not in str(read(row).messages)


@pytest.mark.parametrize("key", ["query", "messages"])
def test_without_a_history(key: str) -> None:
    """The prompt is what the first step was asked, under the name of either version."""
    (step,) = new()["trajectory"]
    asked = step.pop("query")
    run = read(new(history=None, trajectory=[{**step, key: asked}]))
    assert said(run) == [
        ("system", "You are a helpful assistant."),
        ("user", ISSUE),
        ("assistant", "I look."),
        ("user", "ledger"),
    ]


def test_what_answers_the_agent_is_nobody_s_words() -> None:
    """SWE-agent's user turns after the first are observations, whichever form the log has."""
    for row in (old(), new()):
        assert read(row).is_observed


def test_other_agents_of_a_history() -> None:
    """A helper agent's turns are another conversation."""
    history = [*old()["history"], {"role": "user", "content": "helper", "agent": "second"}]
    assert "helper" not in str(read(old(history=history)).messages)


def test_names() -> None:
    """The instance is the file's name; the model that of the replay's configuration, or set."""
    run = read(new())
    assert (run.task_id, run.subject, run.task_fields) == ("acme__ledger-7", "acme__ledger-7", ())
    assert run.model == "example-model"
    assert read(old()).model is None
    assert read(old(), model="@folder").model == "acme__ledger-7"
    assert read(new(), model="m").model == "m"
    assert read(old(instance_id="a__b-1")).task_id == "a__b-1"
    assert "not-a-key" not in str(run)


@pytest.mark.parametrize("status", ["submitted", "exit_cost", "submitted (exit_context)", None, 1])
def test_an_end_is_no_verdict(status: Any) -> None:
    """That a run submitted says nothing of the answer, and a limit is the agent's own."""
    run = read(old(info={"exit_status": status, "submission": "diff"}))
    assert (run.verdicts, run.instrument_failure, run.is_empty_handed) == ((), None, False)


@pytest.mark.parametrize(
    "status",
    ["exit_environment_error", "exit_api", "exit_error", "submitted (exit_environment_error)"],
)
def test_a_broken_machine_is_the_instruments_failure(status: str) -> None:
    """What the environment or the model's server broke off is no rejection of the agent."""
    assert read(old(info={"exit_status": status})).instrument_failure


@pytest.mark.parametrize("submission", [None, "", "\n"])
def test_no_submission(submission: str | None) -> None:
    """A run that handed in nothing keeps its turns and has no output."""
    run = read(old(info={"exit_status": "exit_cost", "submission": submission}))
    assert run.is_empty_handed
    assert run.messages


def test_a_run_that_never_began() -> None:
    """Without any turn there is a run without messages, and its failure."""
    info = {"exit_status": "exit_environment_error"}
    run = read({"trajectory": [], "history": [], "info": info})
    assert (run.messages, bool(run.instrument_failure)) == (None, True)


def test_attempts_without_a_choice() -> None:
    """Attempts of which none was chosen are no run; the chosen one stands at the top."""
    found = SweAgent.from_settings({}).answer([{"attempts": [old()]}], path=PATH)
    assert list(found) == [NoRun("attempts_without_choice")]
    assert read(old(attempts=[new()])) == read(old())


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({}, "no_trajectory"),
        ({"trajectory": "x", "info": {}}, "no_trajectory"),
        ({"trajectory": [{"x": 1}], "info": {}}, "no_trajectory"),
        ({"trajectory": [], "history": "x"}, "no_trajectory"),
        (old(history=None, trajectory=[{"response": 7}]), "step_no_text"),
        (old(history=[{"role": "narrator", "content": "x"}]), "unknown_role"),
        (old(history=[{"role": "assistant", "tool_calls": [7]}]), "bad_tool_call"),
    ],
)
def test_no_trajectory(row: dict[str, Any], rule: str) -> None:
    """A document of another shape is refused by a rule."""
    with pytest.raises(RecordError) as caught:
        read(row)
    assert caught.value.rule == rule


def test_wrong_settings() -> None:
    """An unknown key is refused."""
    with pytest.raises(ConfigurationError):
        SweAgent.from_settings({"modle": "x"})


@pytest.mark.parametrize("path", FILES)
def test_recognised(path: str) -> None:
    """Both versions are known, on one line or many, also cut off."""
    assert recognise(path, FILES[path]).kind == "swe_agent"
    assert recognise(path, FILES[path][: len(FILES[path]) // 2]).kind == "swe_agent"
