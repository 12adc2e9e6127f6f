"""Traces through the stages: rows of one run over many files, and what a correction trains."""

from pathlib import Path
from typing import Any

import pytest

from distill.stages.pipeline import STAGES, run_stages
from distill.workspace.project import open_workspace
from tests.sources.samples.langfuse import (
    ANSWER,
    TRACE,
    correction,
    document,
    jsonl,
    observation_v2,
    of_trace,
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
