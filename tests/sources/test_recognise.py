"""What `distill init` is told of a file: its source, or pointers that work."""

import json
from typing import Any

import pytest

from distill.records.taxonomy import VerdictOutcome
from distill.sources.framing import records_in
from distill.sources.protocol import BadFrame, Recognition, RunDraft
from distill.sources.recognise import recognise
from distill.sources.registry import built_in_sources, source_for
from distill.sources.strict_json import parse
from tests.sources.real_logs import FOLDER, blocks, counted, files
from tests.sources.test_conformance import CASES, sample_files


def lines(*rows: Any) -> bytes:
    """Return rows as JSONL."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def drafts(found: Recognition, data: bytes) -> list[RunDraft]:
    """Return the runs that the recognised source reads."""
    reader = source_for(found.kind).from_settings(found.settings)
    runs = []
    for record in records_in(reader, data):
        assert not isinstance(record, BadFrame)
        for answer in reader.answer([parse(record.data)], path="p.jsonl"):
            assert isinstance(answer, RunDraft)
            runs.append(answer)
    return runs


@pytest.mark.parametrize("kind", sorted(set(built_in_sources()) - {"mapped"}))
def test_built_in_formats(kind: str) -> None:
    """Each built-in format is known by its example, also cut in the middle of a record."""
    _, sample = CASES[kind]
    data = next(iter(sample_files(sample).values()))
    if kind == "reviews":
        data = data.partition(b"\n")[0]
    assert recognise("x.jsonl", data).kind == kind
    if b"\n" in data[:-1]:
        assert recognise("x.jsonl", data[: len(data) * 9 // 10]).kind == kind


def test_an_unknown_log() -> None:
    """Names, values and shares lead to settings that read the log, and the notes say so."""
    data = lines(
        *(
            {
                "uid": f"u{i}",
                "Question": f"Q{i}?",
                "modelOutput": "A",
                "grade": g,
                "gold": "x",
                "ts": i,
            }
            for i, g in enumerate(["good", "bad", "good", "error"])
        )
    )
    found = recognise("x.jsonl", data)
    assert found.kind == "mapped"
    assert found.settings["answer_keys"] == ["/gold"]
    runs = drafts(found, data)
    assert [run.verdicts[0].outcome for run in runs] == [
        VerdictOutcome.ACCEPTED,
        VerdictOutcome.REJECTED,
        VerdictOutcome.ACCEPTED,
        VerdictOutcome.INSTRUMENT_FAILURE,
    ]
    assert [run.logged_run_id for run in runs] == ["u0", "u1", "u2", "u3"]
    assert any("100% of 4 rows" in note for note in found.notes)


def test_fields_that_nothing_is_made_of_are_named() -> None:
    """Each once, the uppermost of a branch; of an object that is read in part, what is not."""
    row = {
        "ticket": "T-1",
        "ask": {"question": "Q?", "tone": {"kind": "curt"}},
        "reply": "A",
        "solved": "yes",
        "at": "2026-11-02T09:00:00Z",
        "shift": {"by": "Ada", "on": 3},
    }
    found = recognise("x.jsonl", lines(row, row))
    assert (found.settings["prompt"], found.settings["timestamp"]) == ("/ask/question", "/at")
    assert found.notes[-1].startswith("not read: /ticket, /shift, /ask/tone; docs/sources.md")


def test_fields_of_a_run_s_object_are_named_with_their_dot() -> None:
    """Where a row holds several runs; more than eight are counted."""
    first = {"response": "x", "passed": True, "seed": 1}
    row = {"prompt": "?", "a": first, "b": first} | {f"field{n}": n for n in range(9)}
    found = recognise("x.jsonl", lines(row, row))
    outer, inner = found.notes[-2:]
    assert "/field7 and 1 more; docs" in outer
    assert inner.startswith("not read: ./seed; docs")


def test_a_word_is_no_time() -> None:
    """A field named like a time is one where its values are."""
    row = {"prompt": "?", "response": "!", "at": "the counter", "date": "Monday"}
    assert "timestamp" not in recognise("x.jsonl", lines(row)).settings


def test_no_verdict() -> None:
    """Where no field could be a verdict the notes say so and name the remedies."""
    found = recognise("x.jsonl", lines({"prompt": "?", "completion": "!"}))
    assert "verdict" not in found.settings
    assert any("reviews/*.jsonl" in note and "verdicts = {" in note for note in found.notes)


def test_a_finish_reason_is_proposed() -> None:
    """What may say that a run was cut short; a number of that name says nothing that is known."""
    row = {"prompt": "?", "completion": "!", "finish_reason": "length"}
    found = recognise("a.jsonl", lines(row, row))
    assert found is not None
    assert found.settings["finish_reason"] == "/finish_reason"
    assert [one.cut_short for one in drafts(found, lines(row))] == ["length"]
    numbered = recognise("a.jsonl", lines({**row, "finish_reason": 2}))
    assert numbered is not None
    assert "finish_reason" not in numbered.settings


def test_a_verdict_of_the_row_is_not_given_to_its_tries() -> None:
    """Where only the row is judged, its list of tries is no list of judged runs."""
    row = {
        "id": "a",
        "response": "x",
        "resolved": True,
        "tries": [{"response": "x"}, {"response": "y"}],
    }
    found = recognise("x.jsonl", lines(row, row | {"id": "b"}))
    assert "runs_at" not in found.settings
    assert found.settings["response"] == "/response"


@pytest.mark.parametrize(
    ("document", "shape"),
    [
        (
            {"a": {"query": "?", "output": "!"}, "b": {"query": "?", "output": "!"}},
            {"layout": "members"},
        ),
        ({"meta": 1, "runs": [{"query": "?", "output": "!"}] * 2}, {"records_at": "/runs"}),
        ({"query": "?", "output": "!"}, {}),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_shapes(document: Any, shape: dict[str, str], indent: int | None) -> None:
    """The proposal finds the rows in one document, on one line or pretty-printed."""
    data = json.dumps(document, indent=indent).encode()
    found = recognise("x.json", data)
    given = {k: v for k, v in found.settings.items() if k in ("layout", "records_at")}
    assert given == shape or (not shape and given == ({"layout": "document"} if indent else {}))
    assert drafts(found, data)


@pytest.mark.parametrize(
    "row",
    [
        {"query": "?", "output": "!"},
        {"query": "?", "output": "!", "steps": [{"a": 1}, {"a": 2}]},
        {"a": {"query": "?", "output": "!"}, "b": {"query": "?", "output": "!"}},
    ],
)
@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson.gz"])
def test_a_log_that_has_one_line_so_far_is_read_by_lines(name: str, row: Any) -> None:
    """Whatever the line holds: tomorrow there are more."""
    found = recognise(name, lines(row))
    assert not found.settings.keys() & {"layout", "records_at"}


@pytest.mark.parametrize("head", [b"", b"\n", b"no json", b"[1, 2]", b"\xff\xfe{\x00}\x00", b'"x"'])
def test_nothing_to_see(head: bytes) -> None:
    """A file without a JSON object is answered with a confidence of nought, not a crash."""
    found = recognise("x", head)
    assert (found.kind, found.confidence) == ("mapped", 0)


@pytest.mark.real_logs
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real logs are not beside the checkout")
@pytest.mark.parametrize(
    ("dataset", "pattern"),
    [("reflexion", "*/*.jsonl*"), ("gsm8k-model-solutions", "*.jsonl.gz")],
)
def test_proposals_for_real_logs_work(dataset: str, pattern: str) -> None:
    """What is proposed for real files reads all their runs and verdicts, untouched."""
    outcomes: list[VerdictOutcome | None] = []
    for path in files(dataset, pattern):
        data = b"".join(blocks(path))
        found = recognise(path.name, data[:300_000])
        outcomes += [run.verdicts[0].outcome for run in drafts(found, data)]
        assert found.settings["answer_keys"]
    score = counted(dataset)["verdict_score"]
    assert outcomes.count(VerdictOutcome.ACCEPTED) == score["full"]
    assert outcomes.count(VerdictOutcome.REJECTED) == score["zero"]


def test_actions_and_observations_are_proposed_together() -> None:
    """A list of actions with what they led to beside it is read turn by turn."""
    history = {"actions": ["ls", "wc"], "observations": ["a b", "2"]}
    row = {"query": "Count the parcels.", "history": history, "reward": 1.0}
    found = recognise("x.jsonl", lines(row, row | {"reward": 0.0}))
    assert found.settings["response"] == "/history/actions"
    assert found.settings["observations"] == "/history/observations"
    (run, _) = drafts(found, lines(row, row))
    assert [one.content for one in run.messages or ()] == [
        "Count the parcels.",
        "ls",
        "a b",
        "wc",
        "2",
    ]
