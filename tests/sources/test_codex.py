"""Codex's rollouts: one of its two logs is read, and each turn once."""

from typing import Any

import pytest

from distill.sources.codex import Codex
from distill.sources.protocol import NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.samples.codex import ITEMS, LINES, META, OLD, line, lines, output, said

READER = Codex.from_settings({})


def runs(*rows: dict[str, Any]) -> list[RunDraft]:
    """Return the runs of a rollout."""
    found = READER.answer(rows, path="sessions/r.jsonl")
    assert all(isinstance(one, RunDraft) for one in found)
    return [one for one in found if isinstance(one, RunDraft)]


def told(run: RunDraft) -> list[tuple[str, str | None]]:
    """Return role and content of a run's messages."""
    return [(one.role, one.content) for one in run.messages or ()]


TALK = [
    ("user", "Count the parcels."),
    ("assistant", "I look."),
    ("tool", '{"output": "a b", "metadata": {"exit_code": 0}}'),
    ("tool", "no such folder"),
    ("assistant", "Two parcels."),
]


def test_a_rollout() -> None:
    """Events repeat what items say, and are not read; a text and its calls are one turn."""
    (run,) = runs(*LINES)
    assert told(run) == [("system", "You are a careful agent."), *TALK]
    assert run.messages is not None
    assert [one.function.arguments for one in run.messages[2].tool_calls or ()] == [
        {"command": "ls /depot"},
        {"command": "ls /gate"},
    ]
    assert run.messages[3].tool_call_id == "c1"
    assert (run.logged_run_id, run.model) == ("r0110", "example-code")
    assert run.recorded_at == "2026-03-01T10:00:01Z"
    assert run.verdicts == ()
    assert run.instrument_failure is None


def test_the_older_form() -> None:
    """Bare items after a line with the id."""
    (run,) = runs(*OLD)
    assert told(run) == TALK
    assert run.logged_run_id == "old1"


@pytest.mark.parametrize("with_history", [True, False])
def test_a_compaction_begins_anew(with_history: bool) -> None:
    """What it cut off is a run of its own; what follows begins with what the model was left."""
    compacted: dict[str, Any] = {"message": "So far: two parcels."}
    if with_history:
        compacted["replacement_history"] = [said("user", "So far: two parcels."), "x"]
    more = [said("user", "And crates?"), said("assistant", "None.")]
    items = [line("response_item", item) for item in more]
    before, after = runs(*LINES, line("compacted", compacted), *items)
    assert before.logged_run_id == "r0110/before-1"
    assert told(before)[1:] == TALK
    assert after.logged_run_id == "r0110"
    assert told(after)[1:] == [
        ("user", "So far: two parcels."),
        ("user", "And crates?"),
        ("assistant", "None."),
    ]


def test_a_fork_keeps_its_own_id() -> None:
    """The parent's line stands after the session's own."""
    (run,) = runs(LINES[0], line("session_meta", META | {"id": "parent"}), *LINES[1:])
    assert run.logged_run_id == "r0110"


@pytest.mark.parametrize(
    ("events", "failed"),
    [
        (["error"], True),
        (["error", "task_started", "task_complete"], False),
        (["turn_aborted"], False),
    ],
)
def test_an_error_at_the_end_is_the_instruments(events: list[str], failed: bool) -> None:
    """A session that an error ended; a person who stops it, or goes on, is no error."""
    (run,) = runs(*LINES, *(line("event_msg", {"type": kind}) for kind in events))
    assert (run.instrument_failure is not None) is failed
    assert run.cut_short == ("turn_aborted" if events == ["turn_aborted"] else None)


def test_other_calls() -> None:
    """A custom tool's input and the older shell's action are arguments."""
    custom = {"type": "custom_tool_call", "name": "apply_patch", "input": "*** x", "call_id": "c"}
    done = {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"}
    shell = {"type": "local_shell_call", "call_id": "d", "action": {"command": ["ls"]}}
    (run,) = runs(*(line("response_item", one) for one in (custom, done, shell, output(1, None))))
    messages = run.messages or ()
    assert [one.role for one in messages] == ["assistant", "tool", "assistant", "tool"]
    assert messages[0].tool_calls is not None
    assert messages[0].tool_calls[0].function.arguments == {"input": "*** x"}
    assert messages[2].tool_calls is not None
    assert messages[2].tool_calls[0].function.name == "local_shell"
    (run,) = runs(line("response_item", ITEMS[0]), line("response_item", output(9, {"a": 1})))
    assert told(run)[1] == ("tool", '{"a":1}')


def test_an_item_that_is_not_known_is_refused() -> None:
    """A conversation with a hole in it is not taken for a whole one."""
    with pytest.raises(RecordError) as caught:
        runs(*LINES, line("response_item", {"type": "telepathy"}))
    assert caught.value.rule == "unknown_item"


def test_a_rollout_without_items() -> None:
    """A session that nobody spoke in is no run."""
    assert READER.answer(LINES[:2], path="x.jsonl") == [NoRun("no_items")]


def test_init_knows_both_forms() -> None:
    """A rollout is recognised by its first lines."""
    assert recognise("r.jsonl", lines(LINES)).kind == "codex"
    assert recognise("r.jsonl", lines(OLD)).kind == "codex"
