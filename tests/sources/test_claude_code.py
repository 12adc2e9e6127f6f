"""Claude Code's sessions: which path was lived, what one message is, who spoke."""

from typing import Any

import pytest

from distill.records.message import Message
from distill.sources.claude_code import ClaudeCode
from distill.sources.protocol import NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.samples.claude_code import (
    AFTER,
    BEFORE,
    FILES,
    SESSION,
    assistant,
    call,
    lines,
    record,
    text,
    user,
)
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

READER = ClaudeCode.from_settings({})


def runs(*rows: dict[str, Any]) -> dict[str | None, RunDraft]:
    """Return the runs of a session's records by their ids."""
    found = READER.answer(rows, path="projects/p/s.jsonl")
    assert all(isinstance(one, RunDraft) for one in found)
    return {one.logged_run_id: one for one in found if isinstance(one, RunDraft)}


def said(run: RunDraft) -> list[tuple[str, str | None]]:
    """Return role and content of a run's messages."""
    return [(one.role, one.content) for one in run.messages or ()]


def test_the_live_path() -> None:
    """An edited turn is left out; the blocks of a message are one turn; its calls are answered."""
    found = runs(*BEFORE)
    assert list(found) == [SESSION, f"{SESSION}/ag1"]
    run = found[SESSION]
    assert said(run) == [
        ("user", "Count the parcels."),
        ("assistant", "I look."),
        ("tool", "a b"),
        ("tool", "c"),
        ("assistant", "Three parcels."),
    ]
    assert run.messages is not None
    calls = run.messages[1].tool_calls or ()
    assert [one.function.arguments for one in calls] == [
        {"command": "ls /depot"},
        {"command": "ls /gate"},
    ]
    assert run.messages[2] == Message(role="tool", content="a b", tool_call_id="t1")
    assert run.model == "example-large"
    assert run.recorded_at == "2026-03-01T10:00:00.000Z"
    assert run.verdicts == ()
    assert run.tools is None


def test_a_subagent_is_a_run_of_its_own() -> None:
    """In the session's file, with an id or (of older versions) by its root; in its own file too."""
    assert said(runs(*BEFORE)[f"{SESSION}/ag1"]) == [
        ("user", "Look at the gate."),
        ("assistant", "One parcel."),
    ]
    side: dict[str, Any] = {"isSidechain": True}
    old = [user("s1", None, "Look.", **side), assistant("s2", "s1", "m", text("One."), **side)]
    assert list(runs(*old)) == [f"{SESSION}/s1"]
    alone = [row for row in BEFORE if row.get("isSidechain")]
    assert list(runs(*alone)) == [f"{SESSION}/ag1"]


def test_a_compaction_begins_anew() -> None:
    """What it cut off is a run of its own; the summary and hidden texts are the user's."""
    found = runs(*BEFORE, *AFTER)
    assert list(found) == [f"{SESSION}/before-1", SESSION, f"{SESSION}/ag1"]
    assert said(found[f"{SESSION}/before-1"])[-1] == ("assistant", "Three parcels.")
    assert said(found[SESSION]) == [
        ("user", "So far: three parcels were counted."),
        ("user", "<system-reminder>Be brief.</system-reminder>"),
        ("user", "And crates?"),
        ("assistant", "None."),
    ]


def test_what_the_program_said_is_no_turn_of_the_model() -> None:
    """An error of the API is left out; where the session ends with it, the instrument failed."""
    failed = assistant("a2", "u1", "m2", text("API Error: 529"), isApiErrorMessage=True)
    failed["message"]["model"] = "<synthetic>"
    run = runs(user("u1", None, "Hi"), failed)[SESSION]
    assert said(run) == [("user", "Hi")]
    assert run.instrument_failure == "the session ended with an error of the model's API"
    again = assistant("a3", "a2", "m3", text("Hello"))
    run = runs(user("u1", None, "Hi"), failed, again)[SESSION]
    assert said(run) == [("user", "Hi"), ("assistant", "Hello")]
    assert run.instrument_failure is None


def test_a_call_that_was_never_answered() -> None:
    """An interrupted call stands without a result."""
    run = runs(user("u1", None, "Hi"), assistant("a1", "u1", "m", call(1, "ls")))[SESSION]
    assert [one.role for one in run.messages or ()] == ["user", "assistant"]


def test_a_record_logged_twice_is_one() -> None:
    """A session that was resumed may repeat records; a block is not said twice."""
    twice = assistant("a1", "u1", "m", text("Hello"))
    assert said(runs(user("u1", None, "Hi"), twice, twice)[SESSION])[1:] == [("assistant", "Hello")]


def test_a_beginning_that_was_cut_off() -> None:
    """A parent that is not in the file ends the path there."""
    run = runs(user("u5", "gone", "Go on"), assistant("a1", "u5", "m", text("Yes")))[SESSION]
    assert said(run)[0] == ("user", "Go on")


@pytest.mark.parametrize(
    "rows",
    [
        [user("u1", "a1", "x"), assistant("a1", "u1", "m", text("y"))],
        [user("u1", "u1", "x")],
        [
            record("b", None, type="system", logicalParentUuid="u1"),
            user("u1", "b", "x"),
        ],
    ],
)
def test_cycles_of_parents_are_refused(rows: list[dict[str, Any]]) -> None:
    """Parents that go round in a circle, also over a compaction, have no beginning."""
    with pytest.raises(RecordError) as caught:
        runs(*rows)
    assert caught.value.rule == "cycle_of_parents"


def test_an_answer_that_was_cut_off() -> None:
    """The last answer's stop reason says so; an earlier one's does not count."""
    cut = assistant("a1", "u1", "m1", text("One, tw"))
    cut["message"]["stop_reason"] = "max_tokens"
    assert runs(user("u1", None, "Count"), cut)[SESSION].cut_short is not None
    more = [user("u2", "a1", "Go on"), assistant("a2", "u2", "m2", text("two"))]
    assert runs(user("u1", None, "Count"), cut, *more)[SESSION].cut_short is None


def test_images_are_refused() -> None:
    """A turn that can't be kept whole makes the run one that can't be used."""
    with pytest.raises(RecordError) as caught:
        runs(user("u1", None, [{"type": "image", "source": {}}]))
    assert caught.value.rule == "part_no_text"


def test_a_file_without_turns() -> None:
    """A summary alone is no run."""
    assert READER.answer(BEFORE[:2], path="x.jsonl") == [NoRun("no_turns")]
    assert READER.answer([record("b", None, type="system")], path="x") == [NoRun("no_turns")]


def test_init_knows_sessions() -> None:
    """A session is recognised by its first turns."""
    assert recognise("s.jsonl", lines(BEFORE)).kind == "claude_code"


def test_a_truncated_session_through_the_stages(tmp_path: Any) -> None:
    """A last line that was cut off is quarantined; what stands before it is a run."""
    configuration = (
        '[sources.chats]\nkind = "claude_code"\npaths = ["projects/**/*.jsonl"]\n'
        'role = "train"\nlicence = "proprietary"\n'
    )
    files = {name: data[:-20] for name, data in FILES.items()}
    outcomes = run_all(make_workspace(tmp_path, configuration, files))
    found = counts(outcomes["build_evidence_index"])
    assert (found["runs"], found["records_quarantined"]) == (3, 1)
    scored = read_jsonl(tmp_path / "data" / "scored")
    assert {row["category"] for row in scored} == {"needs_human_review"}
