"""A source's `judge` names the model behind verdicts whose judge nobody else names."""

from pathlib import Path

import pytest

from distill.stages.pipeline import build_evidence_index, export_sft, score_runs
from tests.sources.samples.langfuse import document, score, two_calls
from tests.workspaces import counts, lines, make_workspace, read_jsonl

TABLE = """
[sources.runs]
kind = "mapped"
paths = ["runs.jsonl"]
role = "train"
licence = "MIT"
task_id = "/task"
prompt = "/q"
response = "/a"
model = "/model"
"""
IN_ROW = """
[sources.runs.verdict]
pointer = "/ok"
origin = "model_judge"
accepted = [true]
rejected = [false]
"""
JOINED = """
[sources.runs.verdicts]
paths = ["grades.jsonl"]
key = "/task"
value = "/ok"
origin = "{origin}"
accepted = [true]
rejected = [false]
"""
JUDGE = 'judge = "judge-1"\n'
ROWS = [
    {"task": "a", "q": "?", "a": "!", "model": "small", "ok": True},
    {"task": "b", "q": "And?", "a": "So.", "model": "judge-1", "ok": True},
]


def judges(root: Path, table: str) -> list[tuple[str | None, str]]:
    """Build the evidence; return judge and origin of the runs' verdicts."""
    project = make_workspace(root, table, {"runs.jsonl": lines(ROWS), "grades.jsonl": lines(ROWS)})
    build_evidence_index(project)
    found = read_jsonl(root / "data/evidence/runs")
    return [(one.get("judge"), one["origin"]) for run in found for one in run["verdicts"]]


@pytest.mark.parametrize(
    "verdicts", [IN_ROW, JOINED.format(origin="model_judge")], ids=["in the row", "joined"]
)
def test_a_source_names_its_judge(tmp_path: Path, verdicts: str) -> None:
    """In the row and in files of their own alike."""
    assert judges(tmp_path, TABLE + JUDGE + verdicts) == [("judge-1", "model_judge")] * 2
    assert judges(tmp_path, TABLE + verdicts) == [(None, "model_judge")] * 2


def test_scores_of_a_tracing_system_are_the_source_s_judge_s(tmp_path: Path) -> None:
    """Langfuse does not say which model gave a score of source EVAL; a person has no name here."""
    given = [score("correctness", 1, id=source, source=source) for source in ("EVAL", "ANNOTATION")]
    table = '[sources.traces]\nkind = "langfuse"\npaths = ["t.jsonl"]\njudge = "judge-2"\n'
    terms = 'role = "train"\nlicence = "MIT"\n'
    rows = [document(two_calls(), *given)]
    project = make_workspace(tmp_path, table + terms, {"t.jsonl": lines(rows)})
    build_evidence_index(project)
    (run,) = read_jsonl(tmp_path / "data/evidence/traces")
    found = [(one["origin"], one.get("judge")) for one in run["verdicts"]]
    assert found == [("model_judge", "judge-2"), ("human_feedback", None)]


def test_what_is_named_stays_and_other_origins_have_no_judge(tmp_path: Path) -> None:
    """The settings of a verdict go before the source's; a harness is no model."""
    named = IN_ROW + 'judge = "judge-2"\n'
    assert judges(tmp_path, TABLE + JUDGE + named) == [("judge-2", "model_judge")] * 2
    tested = JOINED.format(origin="test_harness")
    assert judges(tmp_path, TABLE + JUDGE + tested) == [(None, "test_harness")] * 2


def test_without_a_name_a_judged_run_is_not_trained_on(tmp_path: Path) -> None:
    """It is counted as undecided; with the name the judge's own run alone stays out."""
    for table, exported, reasons, undecided in (
        (TABLE + IN_ROW, 0, {"self_judged": 2}, {"self_judged": 2}),
        (TABLE + JUDGE + IN_ROW, 1, {"self_judged": 1}, {}),
    ):
        project = make_workspace(tmp_path, table, {"runs.jsonl": lines(ROWS)})
        build_evidence_index(project)
        score_runs(project)
        outcome = export_sft(project)
        assert counts(outcome).get("exported", 0) == exported
        assert counts(outcome, "by_reason") == reasons
        assert counts(outcome, "by_undecided") == undecided
