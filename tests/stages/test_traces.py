"""Traces through the stages: rows of one run over many files, and what a correction trains."""

from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.sources.protocol import RunDraft
from distill.stages import grouping
from distill.stages.pipeline import STAGES, run_stages
from distill.stages.preview import preview_source
from distill.workspace.project import open_workspace
from tests.sources.samples import otel
from tests.sources.samples.langfuse import (
    ANSWER,
    TRACE,
    correction,
    document,
    jsonl,
    observation_v2,
    of_trace,
    rows_of_two,
    score,
    score_v3,
    two_calls,
)
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

LANGFUSE = """\
[sources.trams]
kind = "langfuse"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
"""
OTEL = """\
[sources.trams]
kind = "otel_genai"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
"""
GROUPED = LANGFUSE + 'rows = "grouped"\n'
CORRECTED = "No: line 4 is closed until Sunday."


def evidence(root: Path) -> list[dict[str, Any]]:
    """Return the evidence of a workspace."""
    return read_jsonl(root / "data" / "evidence" / "trams")


def test_a_correction_is_a_preference_pair(tmp_path: Path) -> None:
    """The corrected answer is chosen over the output, and is the one that SFT learns."""
    log = jsonl([document(two_calls(), score("correctness", 1), correction(CORRECTED))])
    project = make_workspace(tmp_path, LANGFUSE, {"logs/a.jsonl": log})
    outcomes = run_all(project)
    (pair,) = read_jsonl(tmp_path / "exports" / "preference")
    assert pair["chosen"][-1]["content"] == CORRECTED
    assert pair["rejected"][-1]["content"] == ANSWER["content"]
    assert pair["chosen_run_id"] == f"trams/{TRACE}/correction"
    (learnt,) = read_jsonl(tmp_path / "exports" / "sft")
    assert learnt["source_run_id"] == f"trams/{TRACE}/correction"
    assert counts(outcomes["build_evidence_index"])["runs"] == 2


def test_rows_over_files(tmp_path: Path) -> None:
    """A trace's rows lie in several files in turns, its scores in a third: it is one run."""
    one = [observation_v2(row) for row in two_calls()]
    two = of_trace(one, "other")
    session = score_v3("tone", 1, subject={"kind": "session", "id": "s"})
    files = {
        "logs/a.jsonl": jsonl([one[0], two[3], one[2], two[0]]),
        "logs/b.jsonl": jsonl([two[1], one[3], two[2], one[1], {"a": "stranger"}]),
        "logs/c.jsonl": jsonl([score_v3("correctness", 1), session]),
    }
    outcome = run_all(make_workspace(tmp_path, GROUPED, files))["build_evidence_index"]
    first, second = evidence(tmp_path)
    assert [len(row["messages"]) for row in (first, second)] == [5, 5]
    assert [len(row["provenance"]) for row in (first, second)] == [5, 4]
    assert [row["value"] for row in first["verdicts"]] == [1]
    total = counts(outcome)
    assert (total["records"], total["records_bearing"]) == (11, 9)
    assert (total["records_no_run"], total["records_quarantined"]) == (1, 1)
    assert counts(outcome, "by_no_run_kind") == {"session_score": 1}


@pytest.mark.parametrize("tail", [0, 1, 3])
def test_growth_is_a_full_rebuild(tmp_path: Path, tail: int) -> None:
    """A log that grew by steps of a known trace gives the bytes that it would give at once."""
    rows = [observation_v2(row) for row in two_calls()]
    rows += [*of_trace(rows, "other"), score_v3("correctness", 1)]
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    make_workspace(grown, GROUPED, {"logs/a.jsonl": jsonl(rows[: len(rows) - tail])})
    run_all(open_workspace(grown))
    (grown / "logs/a.jsonl").write_bytes(jsonl(rows))
    run_stages(open_workspace(grown), STAGES)
    run_all(make_workspace(whole, GROUPED, {"logs/a.jsonl": jsonl(rows)}))
    assert evidence(grown) == evidence(whole)
    written = [
        [(path.name, path.read_bytes()) for path in sorted((root / "exports").rglob("*.jsonl"))]
        for root in (grown, whole)
    ]
    assert written[0] == written[1]


def written(root: Path) -> list[tuple[str, bytes]]:
    """Return what a workspace's stages wrote, but for receipts and reports."""
    folders = ("data/evidence", "data/scored", "exports", "quarantine")
    found = [path for name in folders for path in (root / name).rglob("*") if path.is_file()]
    return [(path.relative_to(root).as_posix(), path.read_bytes()) for path in sorted(found)]


def test_requests_of_many_traces(tmp_path: Path) -> None:
    """Each run has one origin a request that tells of it; requests without spans are counted."""
    strangers = otel.jsonl(
        [
            otel.request(otel.span(1, {"http.route": "/"}, traceId="c" * 32)),
            otel.request({**otel.agent_spans()[1], "traceId": ""}),
            {"resourceSpans": 3},
        ]
    )
    files = {"logs/a.jsonl": otel.sample(), "logs/b.jsonl": strangers}
    outcomes = run_all(make_workspace(tmp_path, OTEL, files))
    first, second = evidence(tmp_path)
    assert {first["logged_run_id"], second["logged_run_id"]} == {otel.TRACE, otel.OTHER}
    assert [len(row["messages"]) for row in (first, second)] == [5, 5]
    lines = {
        row["logged_run_id"]: [p["line"] for p in row["provenance"]] for row in (first, second)
    }
    assert lines == {otel.TRACE: [1, 4], otel.OTHER: [1, 3]}
    outcome = outcomes["build_evidence_index"]
    total = counts(outcome)
    assert (total["records"], total["records_bearing"], total["records_no_run"]) == (7, 5, 1)
    assert (total["runs"], total["runs_quarantined"], total["records_quarantined"]) == (2, 1, 1)
    assert counts(outcome, "by_no_run_kind") == {
        "request_without_spans": 1,
        "trace_without_agent": 1,
    }


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_log_that_grows_by_spans(tmp_path: Path, kept: int) -> None:
    """New requests give spans to traces that are known: outputs are those of a full run."""
    rows = otel.sample().splitlines(keepends=True)
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    run_all(make_workspace(grown, OTEL, {"logs/a.jsonl": b"".join(rows[:kept])}))
    (grown / "logs/a.jsonl").write_bytes(b"".join(rows))
    run_all(open_workspace(grown))
    run_all(make_workspace(whole, OTEL, {"logs/a.jsonl": b"".join(rows)}))
    assert written(grown) == written(whole)


def test_one_log_in_several_files(tmp_path: Path) -> None:
    """However the lines are spread over files, the runs are the same; only their places differ."""
    rows = otel.sample().splitlines(keepends=True)
    one, many = tmp_path / "one", tmp_path / "many"
    run_all(make_workspace(one, OTEL, {"logs/a.jsonl": b"".join(rows)}))
    files = {f"logs/{number}.jsonl": row for number, row in enumerate(reversed(rows))}
    run_all(make_workspace(many, OTEL, files))

    def without_places(root: Path) -> list[dict[str, Any]]:
        found = [{**row, "provenance": None} for row in evidence(root)]
        return sorted(found, key=lambda row: str(row["run_id"]))

    assert without_places(one) == without_places(many)


def test_proof_of_a_sample_from_requests(tmp_path: Path) -> None:
    """A row out of two requests is proved back to both, and the replay makes the same run."""
    project = make_workspace(tmp_path, OTEL, {"logs/a.jsonl": otel.sample()})
    run_all(project)
    (sample, *_) = read_jsonl(tmp_path / "exports" / "sft")
    proof = tmp_path / "proof.json"
    where = ["--workspace", str(tmp_path)]
    assert main(["prove", sample["id"], *where, "--output", str(proof), "-q"]) == 0
    assert main(["verify-proof", str(proof), "--replay", *where, "-q"]) == 0


@pytest.mark.parametrize(
    ("configuration", "log"), [(OTEL, otel.sample()), (GROUPED, rows_of_two())]
)
def test_preview_puts_traces_together(tmp_path: Path, configuration: str, log: bytes) -> None:
    """A preview shows whole runs, not what each of their records would be alone."""
    project = make_workspace(tmp_path, configuration, {"logs/a.jsonl": log})
    shown = preview_source(project, "trams")
    assert [len(run.messages or ()) for _, run in shown.runs if isinstance(run, RunDraft)] == [5, 5]
    assert (shown.troubles, len(shown.runs)) == ([], 2)


def test_preview_of_rows_in_their_order(tmp_path: Path) -> None:
    """Rows of a mapped group are previewed by `order_by`, and a row of no group is named."""
    rows = [
        {"run": "a", "n": 2, "role": "assistant", "content": "a2"},
        {"run": "a", "n": 1, "role": "user", "content": "a1"},
    ]
    grouped = """\
[sources.trams]
kind = "mapped"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
run_id = "/run"
messages = ""
group_by = "/run"
order_by = "/n"
"""
    log = jsonl(rows) + b"no json\n"
    shown = preview_source(make_workspace(tmp_path, grouped, {"logs/a.jsonl": log}), "trams")
    ((_, run),) = shown.runs
    assert isinstance(run, RunDraft)
    assert [one.content for one in run.messages or ()] == ["a1", "a2"]
    assert [place for place, _ in shown.troubles] == ["logs/a.jsonl:3"]


def test_a_trace_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose records don't fit into memory together is refused, with all its origins."""
    small = otel.request(otel.chat(1, [otel.PROMPT], [otel.ANSWER], traceId=otel.OTHER))
    log = otel.jsonl([otel.request(*otel.agent_spans()), small])
    monkeypatch.setattr(grouping, "MAX_GROUP_BYTES", 3000)
    outcomes = run_all(make_workspace(tmp_path, OTEL, {"logs/a.jsonl": log}))
    assert [row["logged_run_id"] for row in evidence(tmp_path)] == [otel.OTHER]
    (refused,) = read_jsonl(tmp_path / "quarantine" / "build_evidence_index.jsonl")
    assert (refused["rule"], refused["origin"][0]["line"]) == ("group_too_large", 1)
    assert counts(outcomes["build_evidence_index"])["runs_quarantined"] == 1
