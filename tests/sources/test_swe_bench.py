"""Predictions and the harness's reports: which verdict belongs to which run."""

from typing import Any

import pytest

from distill.records.taxonomy import VerdictOutcome
from distill.sources.protocol import LooseVerdict, RecordError, RunDraft
from distill.sources.swe_bench_predictions import SweBenchPredictions
from distill.sources.swe_bench_report import SweBenchReport


def predict(row: dict[str, Any]) -> RunDraft:
    """Return the row's run."""
    (found,) = SweBenchPredictions.from_settings({}).answer([row], path="preds.jsonl")
    assert isinstance(found, RunDraft)
    return found


def judge(report: dict[str, Any], **settings: Any) -> dict[tuple[str, str], str]:
    """Return what a report says: (instance, has output) → outcome."""
    reader = SweBenchReport.from_settings(settings)
    found = {}
    for loose in reader.answer([report], path="runs/agent-1/report.json"):
        assert isinstance(loose, LooseVerdict)
        key = (loose.match["task_id"], loose.match["has_output"])
        assert key not in found
        found[key] = str(loose.verdict.outcome)
    return found


def test_a_patch_is_the_assistants_message() -> None:
    """A prediction has no prompt: its patch is the one message, its instance task and subject."""
    found = predict({"instance_id": "a__a-1", "model_name_or_path": "m", "model_patch": "diff"})
    assert (found.task_id, found.subject, found.model, found.task_fields) == (
        "a__a-1",
        "a__a-1",
        "m",
        (),
    )
    assert [(m.role, m.content) for m in found.messages or ()] == [("assistant", "diff")]
    assert found.verdicts == ()


@pytest.mark.parametrize("patch", [None, "", " \n"])
def test_no_patch(patch: str | None) -> None:
    """A null or blank patch is a run without messages, not a run of nothing."""
    assert predict({"instance_id": "a", "model_patch": patch}).messages is None


@pytest.mark.parametrize("row", [{}, {"instance_id": None}, {"instance_id": "a", "model_patch": 7}])
def test_no_prediction(row: dict[str, Any]) -> None:
    """A row without an instance id, or whose patch is no text, is refused."""
    with pytest.raises(RecordError):
        predict(row)


def test_the_first_harness() -> None:
    """Lists by state: an instance named twice with null and patch gets a verdict of each kind."""
    report = {
        "no_generation": ["x", "both", "both"],
        "generated": ["a", "b", "c", "d", "both"],
        "with_logs": ["a", "b", "c", "d", "both"],
        "no_apply": ["b"],
        "applied": ["a", "c", "d", "both"],
        "test_timeout": ["c"],
        "resolved": ["a"],
    }
    assert judge(report) == {
        ("a", "true"): "accepted",
        ("b", "true"): "rejected",
        ("c", "true"): "instrument_failure",
        ("d", "true"): "rejected",
        ("both", "true"): "rejected",
        ("x", "false"): "rejected",
        ("both", "false"): "rejected",
    }


def test_schema_version_2() -> None:
    """A failure of the infrastructure, an error or an ambiguity is the instrument's."""
    report = {
        "schema_version": 2,
        "submitted_ids": ["a", "b", "c", "d", "e", "f"],
        "completed_ids": ["a", "b"],
        "resolved_ids": ["a"],
        "unresolved_ids": ["b", "c"],
        "infra_failure_ids": ["c"],
        "ambiguous_failure_ids": ["d"],
        "error_ids": ["e"],
        "empty_patch_ids": ["f"],
        "incomplete_ids": ["g"],
    }
    assert judge(report) == {
        ("a", "true"): "accepted",
        ("b", "true"): "rejected",
        ("c", "true"): "instrument_failure",
        ("d", "true"): "instrument_failure",
        ("e", "true"): "instrument_failure",
        ("f", "false"): "rejected",
    }


def status(fixed: int, unfixed: int, broken: int = 0) -> dict[str, Any]:
    """Return an instance's entry by how many tests succeed and fail."""
    tests = {
        "FAIL_TO_PASS": {"success": ["t"] * fixed, "failure": ["t"] * unfixed},
        "PASS_TO_PASS": {"success": [], "failure": ["t"] * broken},
    }
    return {"resolved": False, "patch_is_None": False, "patch_exists": True, "tests_status": tests}


def test_the_report_of_instances() -> None:
    """Partly mended without harm is partially accepted; harm, or nothing mended, is rejected."""
    report = {
        "a": {"resolved": True},
        "b": status(1, 1),
        "c": status(1, 1, broken=1),
        "d": status(2, 0, broken=1),
        "e": status(0, 2),
        "f": {"resolved": False, "patch_is_None": True},
        "g": {"resolved": "False"},
    }
    assert judge(report) == {
        ("a", "true"): "accepted",
        ("b", "true"): "partially_accepted",
        ("c", "true"): "rejected",
        ("d", "true"): "rejected",
        ("e", "true"): "rejected",
        ("f", "false"): "rejected",
        ("g", "true"): "unreadable",
    }


def test_whose_predictions() -> None:
    """The report names no model: a setting does, or its folder."""
    reader = SweBenchReport.from_settings({"model": "@folder"})
    (loose,) = reader.answer([{"resolved": ["a"]}], path="runs/agent-1/report.json")
    assert isinstance(loose, LooseVerdict)
    assert loose.match == {"task_id": "a", "has_output": "true", "model": "agent-1"}
    assert loose.verdict.pointer == "/resolved/0"
    assert loose.verdict.outcome is VerdictOutcome.ACCEPTED


@pytest.mark.parametrize("report", [{}, {"resolved": 3}, {"a": {}}, {"resolved": [1]}])
def test_no_report(report: dict[str, Any]) -> None:
    """A document of another shape is refused, and not taken for a report that names nobody."""
    with pytest.raises(RecordError):
        judge(report)
