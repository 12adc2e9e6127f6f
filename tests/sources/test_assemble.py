"""Ids, digests and facts of an evidence record: what they depend on and what they don't."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from distill.records.evidence import EvidenceRecord, Provenance, Verdict
from distill.records.message import FunctionCall, Message, Role, ToolCall
from distill.records.taxonomy import SourceRole, VerdictOrigin
from distill.sources.assemble import (
    AssembledRun,
    SourceContext,
    TaskRow,
    assemble,
    with_occurrence,
)
from distill.sources.protocol import RecordError, RunDraft

CONTEXT = SourceContext(
    source="s", dataset="d", role=SourceRole.TRAIN, licence="MIT", category="runs"
)
USER = Message(role="user", content="What is six times seven?")
ASSISTANT = Message(role="assistant", content="42")
DRAFT = RunDraft(task_id="t", messages=(USER, ASSISTANT))
KEY = "the answer is forty-two, and it is a secret"
ROLES: tuple[Role, ...] = ("user", "assistant", "tool")


def place(path: str = "a.jsonl", start: int = 0) -> Provenance:
    """Return a place."""
    return Provenance(source="s", path=path, start=start, end=start + 9, line=1, blake3="0" * 64)


def made(
    draft: RunDraft = DRAFT, path: str = "a.jsonl", task: TaskRow | None = None
) -> AssembledRun:
    """Return the assembled draft."""
    return assemble(draft, CONTEXT, (place(path),), task=task)


def record(draft: RunDraft = DRAFT, task: TaskRow | None = None) -> EvidenceRecord:
    """Return the draft's record."""
    return made(draft, task=task).record


def test_ids_do_not_depend_on_the_place() -> None:
    """The same run found elsewhere has the same id, identity and content digest."""
    one, two = made(path="a.jsonl"), made(path="b/c.jsonl")
    assert one.identity == two.identity
    assert one.record.run_id == two.record.run_id
    assert one.record.content_digest == two.record.content_digest


def test_logged_ids_are_kept() -> None:
    """A logged id is the run id, under its dataset, and needs no number."""
    found = made(replace(DRAFT, logged_run_id="r/1"))
    assert found.record.run_id == "d/r/1"
    assert not found.numbered
    assert with_occurrence(found, 3) == found.record


def test_occurrences() -> None:
    """Identical runs without id and trial are told apart by their number, the first unnumbered."""
    found = made()
    assert found.numbered
    ids = [with_occurrence(found, number).run_id for number in range(4)]
    assert len(set(ids)) == 4
    assert ids[0] == found.record.run_id
    assert all(run_id.startswith("d/") and len(run_id) == 34 for run_id in ids)


def test_trials_are_runs_of_their_own() -> None:
    """Two trials with the same words are two runs, and need no number."""
    first, second = made(replace(DRAFT, trial="0")), made(replace(DRAFT, trial="1"))
    assert first.record.run_id != second.record.run_id
    assert not first.numbered


@pytest.mark.parametrize(
    "changed",
    [
        replace(DRAFT, task_id="u"),
        replace(DRAFT, task_fields=("x",)),
        replace(DRAFT, messages=(USER, Message(role="assistant", content="43"))),
        replace(DRAFT, messages=(USER, Message(role="assistant", content=None))),
        replace(DRAFT, tools=()),
        replace(DRAFT, messages=None, text="42"),
    ],
)
def test_what_the_content_digest_sees(changed: RunDraft) -> None:
    """Task, messages, text and tools change the content digest."""
    assert record(changed).content_digest != record().content_digest


@pytest.mark.parametrize(
    "changed",
    [
        replace(DRAFT, verdicts=(Verdict(name="v", value=1, origin=VerdictOrigin.HEURISTIC),)),
        replace(DRAFT, model="m"),
        replace(DRAFT, recorded_at=5),
        replace(DRAFT, trial="1"),
        replace(DRAFT, answer_keys=("x",)),
        replace(DRAFT, pointer="/a"),
    ],
)
def test_what_the_content_digest_does_not_see(changed: RunDraft) -> None:
    """Verdicts, places, times and the trial leave the content digest as it is."""
    assert record(changed).content_digest == record().content_digest


def test_the_task_is_the_prompt_unless_fields_are_declared() -> None:
    """Without task fields other prompts are other tasks; with them only the fields count."""
    other = (Message(role="user", content="And eight times nine?"), ASSISTANT)
    assert record().task.key != record(replace(DRAFT, messages=other)).task.key
    fixed = replace(DRAFT, task_fields=())
    assert record(fixed).task.key == record(replace(fixed, messages=other)).task.key
    assert record(fixed).task.key != record(replace(fixed, task_id="u")).task.key


def test_answer_keys_never_enter_the_record() -> None:
    """The record holds no field for answer keys, and says whether one stands in the prompt."""
    clean = record(replace(DRAFT, answer_keys=(KEY,)))
    assert KEY.encode() not in clean.to_line()
    assert not clean.facts.answer_key_in_prompt


@pytest.mark.parametrize(
    ("messages", "is_leak"),
    [
        ((Message(role="user", content=f"Hint: {KEY}."), ASSISTANT), True),
        ((Message(role="system", content=KEY), USER, ASSISTANT), True),
        ((USER, ASSISTANT, Message(role="user", content=KEY), ASSISTANT), True),
        ((USER, Message(role="assistant", content=KEY)), False),
        ((USER, ASSISTANT, Message(role="tool", content=KEY), ASSISTANT), False),
    ],
)
def test_answer_key_in_prompt(messages: tuple[Message, ...], is_leak: bool) -> None:
    """A key in what the model was given is a leak; one that it said itself is its answer."""
    found = record(replace(DRAFT, messages=messages, answer_keys=(KEY,)))
    assert found.facts.answer_key_in_prompt is is_leak


def test_short_answer_keys_are_no_leak() -> None:
    """A short key stands in a prompt by chance."""
    found = record(replace(DRAFT, answer_keys=("seven",)))
    assert not found.facts.answer_key_in_prompt


def test_output_is_from_the_first_assistant_to_the_last() -> None:
    """What the user says after the last answer is no output, and the prompt is what came before."""
    bye = Message(role="user", content="Thanks!")
    with_bye = record(replace(DRAFT, messages=(USER, ASSISTANT, bye)))
    assert with_bye.facts.output_digest == record().facts.output_digest
    assert with_bye.facts.prompt_digest == record().facts.prompt_digest
    assert with_bye.content_digest != record().content_digest
    assert record().facts.output_chars == 2


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_blank_output(content: str | None) -> None:
    """An output that says nothing has no digest; a call without words says something."""
    blank = Message(role="assistant", content=content)
    assert record(replace(DRAFT, messages=(USER, blank))).facts.output_digest is None
    call = ToolCall(id="c", function=FunctionCall(name="f", arguments={}))
    calling = Message(role="assistant", content=content, tool_calls=(call,))
    assert record(replace(DRAFT, messages=(USER, calling))).facts.output_digest is not None


def test_nothing_at_all() -> None:
    """A run without messages and text is a record with null facts."""
    empty = record(RunDraft(task_id="t"))
    assert (empty.messages, empty.text) == (None, None)
    assert (empty.facts.output_digest, empty.facts.prompt_digest) == (None, None)
    assert record(RunDraft(text=" ")).facts.output_digest is None
    silent = record(replace(DRAFT, is_empty_handed=True))
    assert (silent.facts.output_digest, silent.messages) == (None, DRAFT.messages)
    assert record(RunDraft(text="x")).facts.output_digest is not None


def test_a_task_table_gives_the_prompt() -> None:
    """The table's prompt and tools come in where the log has none, and only there."""
    table = TaskRow(messages=(USER,), tools=({"type": "function"},))
    bare = RunDraft(task_id="t", task_fields=(), messages=(ASSISTANT,))
    found = record(bare, task=table)
    assert found.messages == (USER, ASSISTANT)
    assert found.tools == ({"type": "function"},)
    assert record(DRAFT, task=table).messages == DRAFT.messages
    assert record(replace(bare, messages=None), task=table).messages is None


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.text(max_size=6)), max_size=5))
def test_records_survive_their_line(turns: list[tuple[Role, str]]) -> None:
    """A record reads back from its line as it was, and assembling twice gives the same bytes."""
    spoken: list[tuple[Role, str]] = [("user", "Go on."), *turns]
    messages = tuple(Message(role=r, content=c) for r, c in spoken)
    draft = replace(DRAFT, messages=messages)
    line = record(draft).to_line()
    assert EvidenceRecord.from_line(line) == record(draft)
    assert record(draft).to_line() == line


@pytest.mark.parametrize("before", [(), (Message(role="system", content="Be brief."),)])
def test_a_conversation_that_begins_with_a_result_is_refused(before: tuple[Message, ...]) -> None:
    """What asked for the result was cut off: the run teaches nothing, and says so."""
    cut = (*before, Message(role="tool", content="192"), Message(role="assistant", content="192"))
    with pytest.raises(RecordError) as caught:
        assemble(RunDraft(messages=cut), CONTEXT, ())
    assert caught.value.rule == "tool_first"
    whole = (Message(role="user", content="How many?"), *cut)
    assert assemble(RunDraft(messages=whole), CONTEXT, ()).record.messages == whole
