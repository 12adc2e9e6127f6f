"""What a gate could not judge is counted by itself: in the receipt, and in the report."""

from pathlib import Path

import pytest

from distill.firewall import observing
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts
from distill.report.latest import write_report
from distill.stages.pipeline import build_evidence_index, export_sft, score_runs
from tests.workspaces import MAPPED, VERDICT, counts, lines, make_workspace, row


def test_undecided_rows_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that the gate can't judge is out, and the counts say that nobody judged it."""

    def observe(texts: RunTexts) -> Observation | None:
        if any("odd" in text.text for text in texts.all):
            raise ValueError("not for this text")
        return None

    monkeypatch.setattr(observing, "OBSERVERS", {"looping": (1, observe)})
    rows = lines([row("t1", "even"), row("t2", "odd"), row("t3", '"rule":"undecided"')])
    project = make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": rows})
    build_evidence_index(project)
    score_runs(project)
    outcome = export_sft(project)
    assert counts(outcome, "by_reason") == {"looping": 1}
    assert counts(outcome, "by_undecided") == {"looping": 1}
    report = write_report(project).read_text(encoding="utf-8")
    assert "### Quarantined because a gate could not judge, by reason" in report
