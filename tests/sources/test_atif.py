"""ATIF trajectories and Harbor's trials: what is a turn of the model, and who judged."""

from typing import Any

import pytest

from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin
from distill.sources.atif import Atif
from distill.sources.protocol import NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.samples.atif import FILES, RESULT, STEPS, document, trajectory
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

READER = Atif.from_settings({})


def run(*rows: dict[str, Any]) -> RunDraft:
    """Return the run of a trial's documents."""
    (found,) = READER.answer(rows, path="jobs/one/t/agent/trajectory.json")
    assert isinstance(found, RunDraft)
    return found


def said(*steps: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return role and content of the messages of steps."""
    return [(one.role, one.content) for one in run(trajectory(list(steps))).messages or ()]


def test_a_trial() -> None:
    """The result names run, task and verdict, the trajectory what was said."""
    found = run(trajectory(), RESULT)
    assert (found.logged_run_id, found.task_id) == ("0b6e", "acme/count-parcels")
    assert found.task_fields == ("acme/count-parcels", "c0ffee")
    assert found.model == "example/small"
    assert found.recorded_at == "2026-03-01T10:05:00Z"
    assert found.tools is not None
    (verdict,) = found.verdicts
    assert (verdict.outcome, verdict.origin) == ("accepted", VerdictOrigin.TEST_HARNESS)
    assert verdict.pointer == "/verifier_result/rewards/reward"
    messages = found.messages or ()
    assert [one.role for one in messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert messages[2].content is None
    assert messages[2].tool_calls is not None
    assert messages[2].tool_calls[0].function.arguments == {"command": "ls /depot"}
    assert messages[3] == Message(role="tool", content="a b", tool_call_id="c1")
    assert messages[4].content == "Two parcels."


@pytest.mark.parametrize(
    ("result", "outcomes"),
    [
        ({"rewards": {"reward": 1}}, ["accepted"]),
        ({"rewards": {"reward": 0.0}}, ["rejected"]),
        ({"rewards": {"reward": 0.25, "speed": 17}}, ["partially_accepted", None]),
        ({"rewards": {"reward": "1"}}, ["unreadable"]),
        ({"rewards": {"reward": True}}, ["unreadable"]),
        ({"rewards": {}}, []),
        ({"reward": 1}, ["accepted"]),
        ({"reward": None}, []),
        (None, []),
    ],
)
def test_rewards(result: Any, outcomes: list[str | None]) -> None:
    """Each reward is a verdict; without a verifier there is none."""
    found = run(trajectory(), RESULT | {"verifier_result": result})
    assert [verdict.outcome for verdict in found.verdicts] == outcomes
    assert found.instrument_failure is None


def test_an_exception_judges_nobody() -> None:
    """The reward of a trial that broke off is no verdict; the exception's text is not told."""
    error = {"exception_type": "AgentTimeoutError", "exception_message": "secret"}
    found = run(trajectory(), RESULT | {"exception_info": error})
    assert found.verdicts == ()
    assert found.instrument_failure == "the trial ended with an exception (AgentTimeoutError)"
    strange = run(RESULT | {"exception_info": {"exception_type": "no type, a text"}})
    assert strange.instrument_failure == "the trial ended with an exception (of an unnamed type)"
    assert strange.messages is None


@pytest.mark.parametrize(
    ("step", "cut"),
    [
        ({"extra": {"finish_reason": "length"}}, "length"),
        ({"extra": {"stop_reason": "max_tokens"}}, "length"),
        ({"metrics": {"extra": {"finish_reasons": ["content_filter"]}}}, "content_filter"),
        ({"extra": {"finish_reason": "stop"}, "metrics": {"prompt_tokens": 2}}, None),
        ({"extra": None, "metrics": None}, None),
        ({}, None),
    ],
)
def test_an_answer_that_was_cut_off(step: dict[str, Any], cut: str | None) -> None:
    """Told by the last step of the agent: ATIF has no field for it, loggers put it into `extra`."""
    asked = {"step_id": 1, "source": "user", "message": "Count."}
    last = {"step_id": 2, "source": "agent", "message": "Two", **step}
    later = {"step_id": 3, "source": "user", "message": "Thanks."}
    assert run(trajectory([asked, last])).cut_short == cut
    assert run(trajectory([asked, last, later])).cut_short == cut
    assert run(trajectory([asked, last, {**last, "extra": {}, "metrics": {}}])).cut_short is None


def test_copied_context_is_never_an_answer() -> None:
    """The agent's copied steps are left out with what they observed; the task stays."""
    copied = [step | {"is_copied_context": True} for step in STEPS[:3]]
    assert said(*copied, STEPS[3]) == [
        ("system", "Be brief."),
        ("user", "Count the parcels in /depot."),
        ("assistant", "Two parcels."),
    ]


def test_a_step_without_a_model_is_not_its_turn() -> None:
    """What the harness did by itself is told as the user's."""
    assert said(STEPS[1], STEPS[2] | {"llm_call_count": 0, "message": "ran ls"}, STEPS[3]) == [
        ("user", "Count the parcels in /depot."),
        ("user", "ran ls"),
        ("user", "a b"),
        ("assistant", "Two parcels."),
    ]


def test_an_observation_without_a_call() -> None:
    """Of an agent that acts in its text, it is the user's; of one call alone, the tool's."""
    seen = {"observation": {"results": [{"content": "a b"}]}}
    assert said(STEPS[3] | seen)[1] == ("user", "a b")
    assert said(STEPS[1], STEPS[2] | seen)[2] == ("tool", "a b")
    assert said(STEPS[1] | seen)[1] == ("user", "a b")


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([trajectory([{"source": "robot"}])], "bad_step"),
        ([trajectory(["x"])], "bad_step"),  # type: ignore[list-item]
        ([trajectory([STEPS[2] | {"tool_calls": {}}, STEPS[2] | {"tool_calls": "x"}])], "bad_step"),
        ([trajectory([STEPS[2] | {"tool_calls": ["x"]}])], "bad_step"),
        ([trajectory([STEPS[2] | {"observation": {"results": "x"}}])], "bad_step"),
        (
            [trajectory([STEPS[2] | {"observation": {"results": [{"source_call_id": "c9"}]}}])],
            "bad_step",
        ),
        ([trajectory([STEPS[1] | {"message": [{"type": "image"}]}])], "part_no_text"),
        ([trajectory(schema_version="ATIF-v2.0")], "atif_version"),
        ([trajectory(continued_trajectory_ref="trajectory.cont-1.json")], "continued"),
        ([trajectory(), trajectory()], "several_trials"),
        ([RESULT, RESULT | {"id": "x"}], "several_trials"),
        ([{"steps": []}], "no_trajectory"),
        ([trajectory(), {}], "no_trajectory"),
    ],
)
def test_what_is_refused(rows: list[dict[str, Any]], rule: str) -> None:
    """What can't be read whole is refused by a rule."""
    with pytest.raises(RecordError) as caught:
        run(*rows)
    assert caught.value.rule == rule


def test_other_documents_are_no_runs() -> None:
    """A job's own result beside the trials is counted, and no run."""
    assert READER.answer([{"n_total_trials": 2}], path="jobs/one/result.json") == [
        NoRun("other_document")
    ]


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("r:a/t/agent/trajectory.json", "r:a/t"),
        ("r:a/t/agent/trajectory.json.gz", "r:a/t"),
        ("r:a/t/result.json", "r:a/t"),
        ("r:a/t/trajectory.json", "r:a/t"),
        ("r:a/t/other.json", "r:a/t/other.json"),
    ],
)
def test_which_files_are_one_trial(path: str, group: str) -> None:
    """A trial's folder is told by the names that Harbor gives."""
    assert READER.group_of(path) == group


def test_init_knows_them() -> None:
    """A trajectory and a result are recognised."""
    assert recognise("trajectory.json", document(trajectory())).kind == "atif"
    assert recognise("result.json", document(RESULT)).kind == "atif"


def test_trials_through_the_stages(tmp_path: Any) -> None:
    """Trajectory and result of a folder are one run, whichever of them is read first."""
    configuration = (
        '[sources.trials]\nkind = "atif"\npaths = ["jobs/**/*.json", "exported/*"]\n'
        'role = "train"\nlicence = "MIT"\n'
    )
    outcomes = run_all(make_workspace(tmp_path, configuration, FILES))
    assert counts(outcomes["build_evidence_index"])["runs"] == 3
    scored = {row["run_id"]: row["category"] for row in read_jsonl(tmp_path / "data" / "scored")}
    assert scored == {
        "trials/0b6e": "accepted",
        "trials/0b6f": "needs_human_review",
        "trials/s3": "needs_human_review",
    }
    places = {
        row["run_id"]: [place["path"] for place in row["provenance"]]
        for row in read_jsonl(tmp_path / "data" / "evidence")
    }
    assert len(places["trials/0b6e"]) == 2
