"""Inspect's logs: what a score means, what failed, what was asked, in both forms of a log."""

import json
from typing import Any

import pytest

from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.facts import holds_answer_key
from distill.sources.framing import records_in, records_of
from distill.sources.inspect_log import InspectLog
from distill.sources.protocol import BadFrame, RawRecord, RecordError, RunDraft
from distill.sources.recognise import recognise
from distill.sources.row_reader import RowReader
from distill.sources.tau_bench import TauBench
from tests.sources.reading import read as read_answers
from tests.sources.samples.inspect import (
    FILES,
    QUESTION,
    SAMPLES,
    SPEC,
    TARGET,
    archive,
    document,
    header,
    members,
    sample,
)


def drafts(data: bytes, **settings: Any) -> list[RunDraft]:
    """Return the runs of a log."""
    found = read_answers(InspectLog.from_settings(settings), [("logs/pallets.json", [data])])
    answers = [answer for _, answer in found]
    assert all(isinstance(answer, RunDraft) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, RunDraft)]


def run(of: dict[str, Any], log: dict[str, Any] | None = None, **settings: Any) -> RunDraft:
    """Return the run of one sample."""
    (found,) = drafts(document([of], **(log or {})), **settings)
    return found


def refusal(of: Any, **log: Any) -> RecordError:
    """Return why a log's one sample is refused."""
    ((_, error),) = read_answers(InspectLog.from_settings({}), [("x", [document([of], **log)])])
    assert isinstance(error, RecordError)
    return error


def test_both_forms_of_a_log_hold_the_same_runs() -> None:
    """The same eval as an archive and as a document: equal ids, contents, verdicts."""
    assert drafts(FILES["logs/pallets.eval"]) == drafts(FILES["logs/pallets.json"])
    without = [{k: v for k, v in one.items() if k != "uuid"} for one in SAMPLES]
    found = drafts(document(without))
    assert found == drafts(archive(members(without)))
    assert found[0].logged_run_id == "runA/taskA/pallet-1/1"


def test_what_a_run_is() -> None:
    """The draft of a sample: ids, task, conversation with its attachments, tools, answer key."""
    found = run(SAMPLES[0])
    assert (found.logged_run_id, found.task_id, found.trial) == ("uuid1", "pallets/pallet-1", "1")
    assert found.task_fields == ([["user", QUESTION]], None, TARGET)
    assert found.subject == "pallet-1"
    assert run(sample(1, id=1)).subject is None  # a number says nothing outside of its task
    assert found.model == "example/small"
    assert found.answer_keys == (TARGET,)
    assert not holds_answer_key(found.messages or (), found.answer_keys)
    assert found.messages is not None
    assert [message.role for message in found.messages] == [
        *("system", "user", "assistant", "tool", "assistant"),
    ]
    assert found.messages[1].content == QUESTION
    assert found.messages[4].content == "192, in run 1"
    assert found.messages[2].tool_calls is not None
    assert found.messages[2].tool_calls[0].function.arguments == {"sum": "480/2.5"}
    assert found.tools is not None
    assert found.tools[0]["function"]["description"] == "Works out a sum."


@pytest.mark.parametrize(
    ("score", "outcome", "detail"),
    [
        ({"value": "C"}, "accepted", ""),
        ({"value": "P"}, "partially_accepted", ""),
        ({"value": "I"}, "rejected", ""),
        ({"value": "I", "reason": "refusal"}, "rejected", "refusal"),
        ({"value": "N"}, "rejected", "no answer"),
        ({"value": "N", "reason": "refusal"}, "rejected", "refusal"),
        ({"value": 1}, "accepted", ""),
        ({"value": 1.0}, "accepted", ""),
        ({"value": True}, "accepted", ""),
        ({"value": 0.7100000000000001}, "partially_accepted", ""),
        ({"value": 0}, "rejected", ""),
        ({"value": 7}, None, ""),
        ({"value": -1}, None, ""),
        ({"value": float("nan")}, "instrument_failure", "not scored (NaN)"),
        ({"value": float("nan"), "reason": "refusal"}, "unreadable", "not scored: refusal"),
        ({"value": float("inf")}, "instrument_failure", "not scored (NaN)"),
        ({"value": "I", "reason": "grader_failed"}, "instrument_failure", "grader_failed"),
        ({"value": 0, "reason": "scoring_failed"}, "instrument_failure", "scoring_failed"),
        ({"value": "False"}, "unreadable", "its value is a text that is none of C, P, I, N"),
        ({"value": [1, 0]}, "unreadable", "its value is array"),
        ({"value": None}, "unreadable", "its value is null"),
        ("C", "accepted", ""),
    ],
)
def test_values(score: Any, outcome: str | None, detail: str) -> None:
    """Each value that a scorer may give, and what becomes of it."""
    (verdict,) = run(sample(1, scores={"match": score})).verdicts
    assert verdict.outcome == (None if outcome is None else VerdictOutcome(outcome))
    assert verdict.detail == detail
    assert verdict.pointer == "/scores/match/value"


def test_an_object_of_scores_is_a_verdict_for_each_key() -> None:
    """Keys without a value bear none; `scorers` chooses among scores and their keys."""
    scores = {"tests": {"value": {"a/b": 1, "b": 0, "c": None}}, "style": {"value": "I"}}
    found = run(sample(1, scores=scores)).verdicts
    assert [(v.name, v.pointer) for v in found] == [
        ("tests/a/b", "/scores/tests/value/a~1b"),
        ("tests/b", "/scores/tests/value/b"),
        ("style", "/scores/style/value"),
    ]
    for scorers, names in (["tests"], ["tests/a/b", "tests/b"]), (["tests/b"], ["tests/b"]):
        chosen = run(sample(1, scores=scores), scorers=scorers).verdicts
        assert [verdict.name for verdict in chosen] == names


def test_a_map_of_the_user_reads_other_values() -> None:
    """`scores` says who judged, which way numbers point, and what a text means."""
    maps = {
        "wrong": {
            "origin": "test_harness",
            "polarity": "lower_is_better",
            "thresholds": {"accepted": 2},
        },
        "said": {"origin": "heuristic", "accepted": ["yes"], "rejected": ["no"]},
    }
    scores = {"wrong": {"value": 3}, "said": {"value": "yes"}, "match": {"value": "C"}}
    wrong, said, match = run(sample(1, scores=scores), scores=maps).verdicts
    assert (wrong.outcome, wrong.origin) == ("rejected", "test_harness")
    assert wrong.polarity == "lower_is_better"
    assert (said.outcome, said.origin) == ("accepted", "heuristic")
    assert match.outcome == "accepted"


def test_who_judged() -> None:
    """A model that was called while scoring is the judge; a sandbox is a harness; else a check."""
    (verdict,) = run(SAMPLES[1]).verdicts
    assert (verdict.origin, verdict.judge) == (VerdictOrigin.MODEL_JUDGE, "example/judge")
    (verdict,) = run(SAMPLES[0]).verdicts
    assert (verdict.origin, verdict.judge) == (VerdictOrigin.DETERMINISTIC_CHECK, None)
    steps = [
        {"event": "step", "action": "begin", "type": "scorer", "name": "match"},
        {"event": "sandbox"},
        {"event": "step", "action": "end", "type": "scorer", "name": "match"},
        {"event": "model", "model": "example/small", "tools": []},
    ]
    found = run(sample(1, events=steps))
    assert found.verdicts[0].origin is VerdictOrigin.TEST_HARNESS
    assert found.tools == ()
    assert run(sample(1, events=[])).tools is None


@pytest.mark.parametrize(
    ("changes", "judges"),
    [
        ({}, ["example/small"]),  # the evaluated model, where nothing else is said
        ({"model_roles": {"grader": {"model": "example/grader"}}}, ["example/grader"]),
        ({"scorers": [{"name": "model_graded_fact", "options": {"model": "j"}}]}, ["j"]),
        (
            {"scorers": [{"name": "x/model_graded_fact", "options": {"model": ["b", "a"]}}]},
            ["a", "b"],
        ),
    ],
)
def test_the_judges_of_a_log_without_events(changes: dict[str, Any], judges: list[str]) -> None:
    """The header names the judges where the events were stripped; each has a verdict."""
    of = sample(1, events=[], scores={"model_graded_fact": {"value": "C"}})
    found = run(of, {"eval": SPEC | changes}).verdicts
    assert [verdict.judge for verdict in found] == judges
    assert {(one.origin, one.outcome) for one in found} == {("model_judge", "accepted")}


def test_a_score_that_a_person_edited() -> None:
    """The edit is a human review; what the scorer said stays beside it, under its own origin."""
    edited, original = run(SAMPLES[4]).verdicts
    assert (edited.value, edited.origin) == ("I", VerdictOrigin.HUMAN_REVIEW)
    assert (original.value, original.origin) == ("C", VerdictOrigin.DETERMINISTIC_CHECK)
    assert original.pointer == "/scores/match/history/0/value"
    person = {"author": "ana", "timestamp": "2026-03-02"}
    explained = [{"value": "C"}, {"value": "UNCHANGED", "explanation": "x", "provenance": person}]
    (verdict,) = run(sample(1, scores={"match": {"value": "C", "history": explained}})).verdicts
    assert verdict.origin is VerdictOrigin.DETERMINISTIC_CHECK


@pytest.mark.parametrize(
    ("changes", "log", "said"),
    [
        ({"error": {"message": "Boom"}}, {}, "/error"),
        ({"invalidation": {"author": "ana"}}, {}, "/invalidation"),
        ({"limit": {"type": "operator", "limit": 1}}, {}, "operator"),
        ({}, {"status": "cancelled"}, "cancelled"),
        ({}, {"status": "error"}, "error"),
        ({}, {"status": "started"}, "started"),
        ({}, {"status": None}, "never wrote a status"),
        ({}, {"status": "True"}, "unknown status"),
    ],
)
def test_what_failed_was_the_instrument(
    changes: dict[str, Any], log: dict[str, Any], said: str
) -> None:
    """An error, an invalidation, an unfinished eval: no score of it judges the model."""
    found = run(sample(1, scores={"match": {"value": "I"}}, **changes), log)
    assert found.verdicts == ()
    assert found.instrument_failure is not None
    assert said in found.instrument_failure
    if log:
        assert len(run(sample(1), log, unfinished=True).verdicts) == 1


def test_a_limit_is_told_with_a_rejection() -> None:
    """A run that a limit ended and that is wrong says that it was truncated."""
    (verdict,) = run(SAMPLES[2]).verdicts
    assert (verdict.outcome, verdict.detail) == ("rejected", "truncated (limit: message)")


def test_what_cut_a_run_short() -> None:
    """A limit of Inspect's, or an answer that the model did not end itself."""
    assert run(SAMPLES[0]).cut_short is None
    assert run(SAMPLES[2]).cut_short == "message limit"
    for reason, cut in (
        ("stop", None),
        ("max_tokens", "length"),
        ("content_filter",) * 2,
        ([], None),
    ):
        output: dict[str, Any] = {"choices": [{"stop_reason": reason}]}
        assert run(sample(1, output=output)).cut_short == cut


def test_an_eval_that_was_killed() -> None:
    """An archive without a header has the journal's beginning, and no status."""
    files = members(SAMPLES[:1])
    del files["header.json"]
    (found,) = drafts(archive(files))
    assert found.instrument_failure == "the eval did not end: it never wrote a status"
    assert found.task_id == "pallets/pallet-1"


def test_a_missing_attachment_is_said() -> None:
    """A text that is not in the log is neither left out nor left as a reference."""
    error = refusal(sample(1, attachments={"7a7a": "x"}))
    assert error.rule == "attachment_missing"
    assert "5f2d1c" not in error.detail
    assert refusal(sample(1, target="attachment://0")).rule == "attachment_missing"


def test_logs_of_2024() -> None:
    """`transcript` holds events and attachments (``tc://``); one score has no name."""
    old = sample(1, transcript={"events": SAMPLES[0]["events"], "content": {"h": QUESTION}})
    old |= {"messages": [{"role": "user", "content": "tc://h"}], "score": {"value": 0.5}}
    for key in ("events", "attachments", "scores", "uuid"):
        del old[key]
    old["input"] = "tc://h"
    old["transcript"]["content"]["7a7a"] = "Works out a sum."
    found = run(old)
    assert found.messages == (Message(role="user", content=QUESTION),)
    assert (found.verdicts[0].name, found.verdicts[0].pointer) == ("score", "/score/value")
    assert found.tools is not None


def test_a_tool_of_the_provider_is_a_call_and_its_result() -> None:
    """A search that the provider made itself stands between the texts around it."""
    search = {"type": "tool_use", "id": "w", "name": "web_search", "arguments": '{"q": "x"}'}
    content = [{"type": "text", "text": "Look."}, search | {"result": "found"}, "Done."]
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}]
    found = run(sample(1, messages=messages)).messages
    assert found is not None
    assert [message.role for message in found] == ["user", "assistant", "tool", "assistant"]
    assert (found[1].content, found[2].content, found[3].content) == ("Look.", "found", "Done.")
    assert found[1].tool_calls is not None
    assert found[1].tool_calls[0].function.arguments == {"q": "x"}


def test_a_failed_tool_says_so() -> None:
    """A tool without an output shows the model its error."""
    failed = {"role": "tool", "content": "", "error": {"type": "timeout", "message": "too slow"}}
    found = run(sample(1, messages=[*SAMPLES[0]["messages"][:3], failed])).messages
    assert found is not None
    assert found[-1].content == "Error: too slow"


@pytest.mark.parametrize(
    ("changes", "log", "rule"),
    [
        ({"id": None}, {}, "no_sample_id"),
        ({"epoch": None}, {}, "no_sample_id"),
        ({"messages": {"role": "user"}}, {}, "messages_no_list"),
        ({"messages": ["x"]}, {}, "message_no_object"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, {}, "part_no_text"),
        ({}, {"version": 3}, "log_version"),
        ({}, {"eval": "x"}, "no_header"),
    ],
)
def test_samples_that_are_refused(changes: dict[str, Any], log: dict[str, Any], rule: str) -> None:
    """What is not of the format is refused by a rule that says what."""
    assert refusal(sample(1, **changes), **log).rule == rule


def framed(data: bytes) -> list[RawRecord | BadFrame]:
    """Return the raw records of a log."""
    return list(records_in(InspectLog.from_settings({}), data))


def test_a_document_is_cut_anywhere_into_the_same_context() -> None:
    """The header may stand behind the samples; its parts are records of no run."""
    log = header(samples=[sample(1)])
    behind = json.dumps({"samples": log.pop("samples"), **log}).encode()
    records = [one for one in framed(behind) if isinstance(one, RawRecord)]
    assert [one.pointer for one in records if not one.is_envelope] == ["/samples/0"]
    assert [part.pointer for part in records[0].context] == ["/eval", "/status", "/version"]
    assert drafts(behind) == drafts(document([sample(1)]))
    assert all(behind[one.start : one.end] == one.data for one in records)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_records_are_the_same_for_any_split(size: int) -> None:
    """However a document comes in blocks, its records, places, digests and contexts are one."""
    for data in (document(SAMPLES[:2]), b'{"eval": {}, "samples": [{"a": "]"}, {"b": 1}], "c": [1'):
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        reader = InspectLog.from_settings({})
        assert list(records_of(reader, lambda: blocks)) == framed(data)  # noqa: B023


@pytest.mark.parametrize("value", [None, [], {}, "none"])
def test_a_log_without_samples(value: Any) -> None:
    """A header alone is a log without runs."""
    records = framed(document(value))
    assert all(isinstance(one, RawRecord) and one.is_envelope for one in records)


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (b"", []),
        (b" \n", ["no_header"]),
        (b"[1, 2]", ["no_header"]),
        (b'{"samples": [{}]}', ["no_header"]),
        (b'{"eval": {}, "samples": [{"id": 1}, {"i', ["", "", "truncated"]),
        (b'{"eval": {}, "samples": [{}], "samples": [{}]}', ["", "", "duplicate_key"]),
        (b'{"eval": {}, "samples": [{}] x, "b": 1}', ["", "", "broken_structure", ""]),
    ],
)
def test_documents_that_are_cut_short_or_no_log(data: bytes, rules: list[str]) -> None:
    """Records before the damage stand; a file of another kind is one bad record."""
    found = [one.rule if isinstance(one, BadFrame) else "" for one in framed(data)]
    assert found == rules


def test_an_archive_inside_gzip_is_named() -> None:
    """The stage hands in what gzip held: it is one bad record that says what to do."""
    reader = InspectLog.from_settings({})
    (bad,) = records_of(reader, lambda: [FILES["logs/pallets.eval"]])
    assert isinstance(bad, BadFrame)
    assert (bad.rule, bad.start) == ("archive_in_gzip", 0)


def test_other_sources_read_no_archive() -> None:
    """An archive among other logs is one bad record, not thousands of broken lines."""
    data = FILES["logs/pallets.eval"]
    (bad,) = records_in(TauBench.from_settings({}), data)
    assert isinstance(bad, BadFrame)
    assert (bad.rule, bad.start, bad.end) == ("archive", 0, len(data))


def test_a_bare_nan_is_read_as_text() -> None:
    """Inspect writes NaN as JavaScript does; other kinds of source go on refusing it."""
    records = [one for one in framed(document([{"id": float("nan")}])) if "/samples" in one.pointer]
    (record,) = (one for one in records if isinstance(one, RawRecord))
    assert RowReader(InspectLog.from_settings({})).rows("x", record)[0] == {"id": "NaN"}
    with pytest.raises(RecordError, match="NaN"):
        RowReader(TauBench.from_settings({})).rows("x", record)


def test_init_knows_both_forms() -> None:
    """`distill init` recognises a document by its beginning."""
    data = FILES["logs/pallets.json"]
    assert recognise("x.json", data).kind == "inspect"
    assert recognise("x.json", data[: len(data) // 2]).kind == "inspect"
