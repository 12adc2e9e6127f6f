"""A setting of a gate that changes runs what asks the gate again; the evidence stands."""

from pathlib import Path

from distill.receipts import Outcome
from distill.workspace.project import open_workspace
from tests.workspaces import MAPPED, VERDICT, counts, lines, make_workspace, row, run_all

LOGS = {"logs/a.jsonl": lines(row(f"t{n}", "word " * (n + 1)) for n in range(10))}
EXPORTS = {"export_rag", "export_sft", "export_preference"}


def run_with(root: Path, gates: str) -> dict[str, Outcome]:
    """Run the workspace again under other tables of gates."""
    (root / "distill.toml").write_text(MAPPED + VERDICT + gates, encoding="utf-8")
    return run_all(open_workspace(root))


def ran(outcomes: dict[str, Outcome]) -> set[str]:
    """The stages that ran."""
    return {stage for stage, outcome in outcomes.items() if not outcome.skipped}


def test_a_bound_reruns_the_exports_alone(tmp_path: Path) -> None:
    """Other rows come out of evidence and scores that were not made again."""
    make_workspace(tmp_path, MAPPED + VERDICT, LOGS)
    first = run_all(open_workspace(tmp_path))
    assert counts(first["export_sft"]) == {"scored": 10, "exported": 10}

    bound = run_with(tmp_path, "\n[firewall.length_out_of_bounds]\nmax_chars = 60\n")
    assert ran(bound) == EXPORTS
    assert counts(bound["export_sft"])["quarantined"] == 4
    assert counts(bound["export_sft"], "by_reason") == {"length_out_of_bounds": 4}

    own = run_with(tmp_path, "\n[exports.sft.firewall.length_out_of_bounds]\nmax_chars = 60\n")
    assert ran(own) == EXPORTS - {"export_sft"}  # its settings are what they were
    assert counts(own["export_rag"]) == {"scored": 10, "exported": 10}


def test_a_bound_of_near_duplicates_reruns_scoring_and_exports(tmp_path: Path) -> None:
    """Which runs are alike is settled from what the evidence holds."""
    make_workspace(tmp_path, MAPPED + VERDICT, LOGS)
    run_all(open_workspace(tmp_path))
    changed = run_with(tmp_path, "\n[firewall.near_duplicate]\nmin_similarity = 95\n")
    assert ran(changed) == {"score_runs", *EXPORTS}
