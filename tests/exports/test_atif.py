"""Evidence as ATIF: what is read back of a trajectory is what it was made of."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.cli import main
from distill.exports.atif import trajectory_of
from distill.records.message import FunctionCall, Message, ToolCall
from distill.records.taxonomy import SourceRole
from distill.sources.assemble import SourceContext, assemble
from distill.sources.atif import Atif
from distill.sources.protocol import RunDraft
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

CONTEXT = SourceContext(
    source="s", dataset="d", role=SourceRole.TRAIN, licence="MIT", category="walker"
)
WORDS = st.text(min_size=1, max_size=8)
ARGUMENTS = st.dictionaries(WORDS, st.integers(-9, 9) | WORDS, max_size=2)


def exported(draft: RunDraft) -> dict[str, Any] | None:
    """Return the trajectory of a draft."""
    return trajectory_of(assemble(draft, CONTEXT, ()).record)


@st.composite
def turns(draw: st.DrawFn) -> list[Message]:
    """Return an assistant's turn with its tools' turns, or one of somebody else."""
    role = draw(st.sampled_from(["user", "system", "assistant", "calls"]))
    if role != "calls":
        return [Message(role=role, content=draw(WORDS))]  # type: ignore[arg-type]
    calls = tuple(
        ToolCall(id=f"c{i}", function=FunctionCall(name=draw(WORDS), arguments=draw(ARGUMENTS)))
        for i in range(draw(st.integers(1, 3)))
    )
    said = Message(role="assistant", content=draw(st.none() | WORDS), tool_calls=calls)
    answers = draw(st.permutations(calls))
    return [said, *(Message(role="tool", content="x", tool_call_id=one.id) for one in answers)]


@given(st.lists(turns(), min_size=1, max_size=6))
def test_what_is_read_back_is_what_was_written(talk: list[list[Message]]) -> None:
    """Messages, tools and model survive the way there and back."""
    messages = tuple(message for turn in talk for message in turn)
    tools = ({"type": "function", "function": {"name": "f"}},)
    draft = RunDraft(logged_run_id="r", messages=messages, tools=tools, model="m")
    trajectory = exported(draft)
    assert trajectory is not None
    assert [step["step_id"] for step in trajectory["steps"]] == list(
        range(1, len(trajectory["steps"]) + 1)
    )
    (found,) = Atif.from_settings({}).answer([trajectory], path="t/trajectory.json")
    assert isinstance(found, RunDraft)
    assert (found.messages, found.tools, found.model) == (messages, tools, "m")
    assert found.logged_run_id == "d/r"


def test_a_call_without_an_id_gets_one() -> None:
    """ATIF wants ids; the tool's turn in the call's order answers it."""
    call = ToolCall(function=FunctionCall(name="f", arguments="not {json"))
    messages = (
        Message(role="assistant", tool_calls=(call, call)),
        Message(role="tool", content="one"),
        Message(role="tool", content="two"),
        Message(role="tool", content="three"),
    )
    trajectory = exported(RunDraft(messages=messages))
    assert trajectory is not None
    (step,) = trajectory["steps"]
    assert [one["tool_call_id"] for one in step["tool_calls"]] == ["call_1_0", "call_1_1"]
    assert step["tool_calls"][0]["arguments"] == {"arguments": "not {json"}
    assert [one.get("source_call_id") for one in step["observation"]["results"]] == [
        *("call_1_0", "call_1_1", None),
    ]


def test_a_text_is_no_trajectory() -> None:
    """A record without a conversation gives none."""
    assert exported(RunDraft(text="x")) is None


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file a run, with its verdict; a folder that holds something is left alone."""
    rows = [row("t1", "right"), row("t2", "wrong", False)]
    run_all(make_workspace(tmp_path / "w", MAPPED + VERDICT, {"logs/a.jsonl": lines(rows)}))
    folder = tmp_path / "out"
    command = ["export-atif", str(folder), "--workspace", str(tmp_path / "w")]
    assert main(command) == 0
    assert "2 trajectories" in capsys.readouterr().out
    found = [json.loads(path.read_bytes()) for path in folder.glob("*/trajectory.json")]
    told = {one["steps"][1]["message"]: one["extra"]["distill"]["verdicts"] for one in found}
    assert {text: verdicts[0]["outcome"] for text, verdicts in told.items()} == {
        "right": "accepted",
        "wrong": "rejected",
    }
    assert main(command) == 2
    assert "not empty" in capsys.readouterr().err
    assert main([*command[:1], str(tmp_path / "x"), "--source", "nobody", *command[2:]]) == 2
