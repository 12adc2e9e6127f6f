"""Rows that are gathered into runs: what a full rebuild gives, at the price of what changed."""

import gzip
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from distill.receipts.canonical import dumps
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.receipt import to_json
from distill.sources.protocol import RawRecord, Source
from distill.stages import file_groups, grouping, row_store
from distill.stages.pipeline import build_evidence_index
from distill.stages.record_reader import RecordReader
from distill.workspace import reading
from tests.sources.samples import atif, otel
from tests.sources.samples.claude_code import assistant, text, user
from tests.workspaces import lines, make_workspace, read_jsonl

from .edits import Edit, Logs
from .gathered import CONFIGURATION, put, row
from .small import make_small

EXAMPLES = 400 if settings.default and settings.default.max_examples > 1000 else 6

_NUMBERS = st.integers(0, 60).map(lambda number: b"%d" % number)
_NAMES = st.sampled_from(
    [
        *("a.sessions.jsonl", "a.sessions.json", "a.sessions.jsonl.gz", "b.sessions.jsonl"),
        *("a.trials.json", "b.trials.json"),
        *("a.requests.jsonl", "b.requests.json", "c.requests.jsonl.gz"),
        *("a.rows.jsonl", "b.rows.json", "c.rows.jsonl.gz", "d.rows.jsonl"),
    ]
)
_LOGS = st.dictionaries(_NAMES, st.lists(_NUMBERS, max_size=12).map(tuple), max_size=6)
_KINDS = ("append", "insert", "delete", "modify", "rotate", "split", "rename", "remove")
_EDITS = st.builds(
    Edit,
    kind=st.sampled_from(_KINDS),
    where=st.integers(0, 5),
    other=st.integers(0, 12),
    records=st.lists(_NUMBERS, min_size=1, max_size=3).map(tuple),
)


@given(logs=_LOGS, edits=st.lists(_EDITS, min_size=1, max_size=3), number=st.integers(1, 3))
@settings(max_examples=EXAMPLES, phases=[Phase.generate])  # a smaller one takes minutes to find
def test_incremental_is_full(logs: Logs, edits: list[Edit], number: int) -> None:
    """Evidence, its shards, quarantine, counts, laws and notes, after every edit."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        make_small(patch)
        patch.setenv(WORKERS, str(number))
        kept = Path(folder) / "kept"
        put(kept, logs)
        _made(kept)
        for step, edit in enumerate(edits):
            logs = edit(logs)
            put(kept, logs)
            full = Path(folder) / f"full{step}"
            shutil.copytree(kept / "logs", full / "logs")
            assert _made(kept) == _made(full)


def _made(root: Path) -> dict[str, bytes]:
    claim = build_evidence_index(make_workspace(root, CONFIGURATION, {})).receipt.claim
    told = dumps(to_json([claim.counts, claim.laws, claim.notes]))
    return _outputs(root) | {"told": told}


@dataclass
class Done:
    """What a run of the evidence stage did."""

    opened: list[str] = field(default_factory=list)  # logs that are grouped by their paths
    parsed: int = 0  # records that were asked which groups they belong to
    answered: list[frozenset[str]] = field(default_factory=list)  # the files of each group's rows
    split: Counter[int] = field(default_factory=Counter)  # by the record's start


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """Count what the stage does in this process, over parts of a few records."""
    make_small(monkeypatch)
    monkeypatch.setenv(WORKERS, "1")
    found = Done()
    read, answer, rows = reading.read_records, RecordReader.answer, grouping.grouped_rows

    def opening(place: Path, source: Source) -> Any:
        found.opened.append(place.relative_to(place.parents[1]).as_posix())
        return read(place, source)

    def answering(self: RecordReader, given: Sequence[Any], origin: tuple[Any, ...]) -> None:
        found.answered.append(frozenset(place.path for place in origin))
        answer(self, given, origin)

    def asking(source: Source, path: str, record: RawRecord) -> Any:
        found.parsed += 1
        return rows(source, path, record)

    def splitting(source: Source, path: str, record: RawRecord) -> Any:
        found.split[record.start] += 1
        return rows(source, path, record)

    monkeypatch.setattr(file_groups, "read_records", opening)
    monkeypatch.setattr(RecordReader, "answer", answering)
    monkeypatch.setattr("distill.stages.record_reader.grouped_rows", asking)
    monkeypatch.setattr(row_store, "grouped_rows", splitting)
    return found


def run(root: Path, logs: Mapping[str, bytes], done: Done) -> Done:
    """Let the logs be these, run the evidence stage, and return what it did this time."""
    shutil.rmtree(root / "logs", ignore_errors=True)
    done.__init__()  # type: ignore[misc]
    named = {f"logs/{name}": content for name, content in logs.items()}
    build_evidence_index(make_workspace(root, CONFIGURATION, named))
    return done


def same_as_full(root: Path, logs: Mapping[str, bytes], full: Path) -> bool:
    """Say whether evidence and quarantine are those of a workspace that knew nothing before."""
    named = {f"logs/{name}": content for name, content in logs.items()}
    build_evidence_index(make_workspace(full, CONFIGURATION, named))
    return _outputs(root) == _outputs(full)


def _outputs(root: Path) -> dict[str, bytes]:
    files = [*(root / "data").rglob("*.jsonl"), *(root / "quarantine").rglob("*.jsonl")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def session(number: int, turns: int = 2) -> bytes:
    """Return the log of a session."""
    rows: list[dict[str, Any]] = []
    for turn in range(0, turns, 2):
        before = f"a{turn - 2}" if turn else None
        rows.append(user(f"u{turn}", before, f"Ask {number}, {turn}.", sessionId=f"s{number}"))
        said = text(f"Answer {number}, {turn}.")
        rows.append(assistant(f"a{turn}", f"u{turn}", f"m{turn}", said, sessionId=f"s{number}"))
    return lines(rows)


SESSIONS = {f"{number:03}.sessions.jsonl": session(number) for number in range(200)}
_EDITED = "100.sessions.jsonl"


def _without(name: str) -> dict[str, bytes]:
    return {one: content for one, content in SESSIONS.items() if one != name}


@pytest.mark.parametrize(
    ("logs", "opened"),
    [
        (SESSIONS | {_EDITED: session(100, turns=4)}, [_EDITED]),
        (SESSIONS | {"1000.sessions.jsonl": session(1000)}, ["1000.sessions.jsonl"]),
        (_without(_EDITED), []),
        (_without(_EDITED) | {"new.sessions.jsonl": session(100)}, ["new.sessions.jsonl"]),
        (
            SESSIONS
            | {
                _EDITED: session(100).splitlines(keepends=True)[0],
                "100b.sessions.jsonl": session(100).splitlines(keepends=True)[1],
            },
            [_EDITED, "100b.sessions.jsonl"],
        ),
    ],
    ids=["appended", "new", "deleted", "renamed", "split"],
)
def test_of_two_hundred_sessions_the_edited_one_is_read(
    logs: dict[str, bytes], opened: list[str], tmp_path: Path, done: Done
) -> None:
    """A session whose file did not change is neither opened nor parsed nor assembled."""
    first = run(tmp_path / "kept", SESSIONS, done)
    assert (len(first.opened), len(first.answered)) == (200, 200)
    again = run(tmp_path / "kept", logs, done)
    assert [f"logs/{name}" for name in opened] == again.opened
    assert again.parsed == sum(logs[name].count(b"\n") for name in opened)
    assert len(again.answered) == len(opened)
    assert same_as_full(tmp_path / "kept", logs, tmp_path / "full")


def test_files_of_one_run_are_read_together(tmp_path: Path, done: Done) -> None:
    """Of a trial that has two files one changed: both are read, and no other trial's."""
    configuration = CONFIGURATION.replace("logs/*.trials.*", "logs/**/*.json")
    files = {
        f"logs/t{number}/{name}": content
        for number in range(5)
        for name, content in {
            "result.json": atif.document(atif.RESULT | {"id": f"r{number}"}),
            "agent/trajectory.json": atif.document(atif.trajectory(session_id=f"s{number}")),
        }.items()
    }
    build_evidence_index(make_workspace(tmp_path, configuration, files))
    assert len(done.answered) == 5
    done.__init__()  # type: ignore[misc]
    worse = atif.RESULT | {"id": "r3", "verifier_result": {"rewards": {"reward": 0}}}
    files["logs/t3/result.json"] = atif.document(worse)
    build_evidence_index(make_workspace(tmp_path, configuration, files))
    assert done.answered == [{"logs/t3/agent/trajectory.json", "logs/t3/result.json"}]
    assert done.parsed == 2


def test_a_run_stands_where_its_first_row_does(tmp_path: Path) -> None:
    """Of a run over two files the first holds no row of it: a run between them stands before.

    Quarantine rows of records stand in the order of files, whatever run those are of.
    """
    make = make_workspace(
        tmp_path,
        CONFIGURATION,
        {
            "logs/a.sessions.json": b"{",
            "logs/a.sessions.json.b.jsonl": b"[\n" + session(2),
            "logs/a.sessions.jsonl": b"null\n" + session(1),
        },
    )
    build_evidence_index(make)
    found = read_jsonl(tmp_path / "data" / "evidence" / "sessions")
    assert [one["logged_run_id"] for one in found] == ["s2", "s1"]
    refused = read_jsonl(tmp_path / "quarantine" / "build_evidence_index.jsonl")
    assert [one["origin"][0]["path"] for one in refused] == [
        "logs/a.sessions.json",
        "logs/a.sessions.json.b.jsonl",
        "logs/a.sessions.jsonl",
    ]


def test_a_session_that_is_too_large_is_refused_by_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are not answered; the quarantine row names all of them, and others stand."""
    monkeypatch.setattr(grouping, "MAX_GROUP_BYTES", 1500)
    logs = {"logs/a.sessions.jsonl": session(1, turns=8), "logs/b.sessions.jsonl": session(2)}
    build_evidence_index(make_workspace(tmp_path, CONFIGURATION, logs))
    (kept,) = read_jsonl(tmp_path / "data" / "evidence" / "sessions")
    assert kept["logged_run_id"] == "s2"
    (refused,) = read_jsonl(tmp_path / "quarantine" / "build_evidence_index.jsonl")
    assert (refused["unit"], refused["rule"]) == ("run", "group_too_large")
    assert [one["line"] for one in refused["origin"]] == list(range(1, 9))


def _log(name: str, traces: Sequence[str]) -> bytes:
    return lines(
        row(trace, n, f"{name} says {n}", passed=True, pad="p" * 40)
        for n, trace in enumerate(traces)
    )


_MIXED = [f"g{number * 7 % 20}" for number in range(100)]
ROWS = {
    "a.rows.jsonl": _log("a", _MIXED),
    "b.rows.jsonl": _log("b", [f"g{number // 3}" for number in range(90)]),
    "c.rows.jsonl": _log("c", [f"h{number // 4}" for number in range(100)]),
}


def _cut(name: str, begin: int, end: int | None = None) -> bytes:
    return b"".join(ROWS[name].splitlines(keepends=True)[begin:end])


_NEW_ROW = lines([row("h3", 1000, "more")])
_EDITED_ROWS = {
    "a row is appended": ROWS | {"c.rows.jsonl": ROWS["c.rows.jsonl"] + _NEW_ROW},
    "a row is deleted": ROWS
    | {"b.rows.jsonl": _cut("b.rows.jsonl", 0, 70) + _cut("b.rows.jsonl", 71)},
    "a row is moved to another file": ROWS
    | {
        "b.rows.jsonl": _cut("b.rows.jsonl", 0, 89),
        "c.rows.jsonl": ROWS["c.rows.jsonl"] + _cut("b.rows.jsonl", 89),
    },
    "a file is deleted": {name: ROWS[name] for name in ("a.rows.jsonl", "c.rows.jsonl")},
    "a file is renamed": {
        "a.rows.jsonl": ROWS["a.rows.jsonl"],
        "b.rows.jsonl": ROWS["b.rows.jsonl"],
        "d.rows.jsonl": ROWS["c.rows.jsonl"],
    },
    "a file is split": ROWS
    | {"b.rows.jsonl": _cut("b.rows.jsonl", 0, 60), "b2.rows.jsonl": _cut("b.rows.jsonl", 60)},
    "a log is rotated": ROWS | {"c.rows.jsonl": _cut("c.rows.jsonl", 50)},
}


def _by_trace(logs: Mapping[str, bytes]) -> dict[str, list[tuple[str, int, bytes]]]:
    """Return the rows of each group, with their places."""
    found: dict[str, list[tuple[str, int, bytes]]] = {}
    for name, content in sorted(logs.items()):
        start = 0
        for line in content.splitlines(keepends=True):
            found.setdefault(json.loads(line)["trace"], []).append((name, start, line))
            start += len(line)
    return found


@pytest.mark.parametrize("edit", _EDITED_ROWS)
def test_a_group_is_assembled_where_a_row_of_it_came_went_or_changed(
    edit: str, tmp_path: Path, done: Done
) -> None:
    """It is assembled as often as the rows and places say that it changed, and no other one is."""
    logs = _EDITED_ROWS[edit]
    before, after = _by_trace(ROWS), _by_trace(logs)
    changed = [trace for trace in after if after[trace] != before.get(trace)]
    first = run(tmp_path / "kept", ROWS, done)
    assert (len(first.answered), first.parsed) == (len(before), 290)
    again = run(tmp_path / "kept", logs, done)
    files = [frozenset(f"logs/{name}" for name, _, _ in after[trace]) for trace in changed]
    assert Counter(again.answered) == Counter(files)
    assert not again.split
    assert same_as_full(tmp_path / "kept", logs, tmp_path / "full")


def test_a_row_more_costs_its_part_and_its_group(tmp_path: Path, done: Done) -> None:
    """Of 290 rows those that share the last part of the file are asked for their group again."""
    run(tmp_path / "kept", ROWS, done)
    again = run(tmp_path / "kept", _EDITED_ROWS["a row is appended"], done)
    assert again.answered == [{"logs/c.rows.jsonl"}]
    assert 1 <= again.parsed <= 20  # a part has 1,200 bytes at most here, a row over 60


def _requests(traces: Sequence[int]) -> list[dict[str, Any]]:
    return [otel.request(*otel.of_trace(otel.agent_spans(), f"{trace:032x}")) for trace in traces]


def test_a_request_of_many_traces_is_split_once(tmp_path: Path, done: Done) -> None:
    """However many runs are gathered out of one record, it is taken apart once to read them."""
    spans = [otel.of_trace(one, f"{t:032x}") for one in otel.agent_spans() for t in range(30)]
    logs = {"a.requests.jsonl": otel.jsonl([otel.request(*spans), *_requests(range(30, 40))])}
    first = run(tmp_path / "kept", logs, done)
    assert len(first.answered) == 40
    assert (first.parsed, first.split) == (11, {})
    more = {"a.requests.jsonl": logs["a.requests.jsonl"] + otel.jsonl(_requests([3, 5]))}
    again = run(tmp_path / "kept", more, done)
    assert (len(again.answered), again.split) == (2, {0: 1})
    assert same_as_full(tmp_path / "kept", more, tmp_path / "full")


def test_a_row_in_a_gzipped_log_is_found_again(tmp_path: Path, done: Done) -> None:
    """A group over a plain and a gzipped log gets a row more in the plain one."""
    logs = {
        "a.rows.jsonl": _log("a", ["g1", "g2"]),
        "b.rows.jsonl.gz": gzip.compress(_log("b", ["g2", "g1", "g3"]), mtime=0),
    }
    run(tmp_path / "kept", logs, done)
    more = logs | {"a.rows.jsonl": _log("a", ["g1", "g2", "g1"])}
    again = run(tmp_path / "kept", more, done)
    assert again.answered == [{"logs/a.rows.jsonl", "logs/b.rows.jsonl.gz"}]
    assert same_as_full(tmp_path / "kept", more, tmp_path / "full")
