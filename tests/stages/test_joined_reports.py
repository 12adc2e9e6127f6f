"""A report of SWE-bench beside the runs of agents that hold no verdict."""

import json
from pathlib import Path

import pytest

from tests.sources.samples import swe_agent
from tests.workspaces import make_workspace, read_jsonl, run_all

SOURCES = """\
[sources.runs]
kind = "{kind}"
paths = ["runs/**/*.{suffix}"]
role = "train"
licence = "MIT"

[sources.report]
kind = "swe_bench_report"
paths = ["report.json"]
verdicts_for = "runs"
"""
BROKEN = swe_agent.old(info={"exit_status": "exit_environment_error", "submission": "diff"})
SILENT = swe_agent.new(info={"exit_status": "exit_cost", "submission": ""})


@pytest.fixture(name="scored")
def _scored(tmp_path: Path) -> dict[str, tuple[str, str]]:
    """Category and rule by instance."""
    runs = {
        **swe_agent.FILES,
        "runs/old/acme__ledger-9.traj": json.dumps(SILENT).encode(),
        "runs/old/acme__ledger-10.traj": json.dumps(BROKEN).encode(),
        "runs/old/acme__ledger-11.traj": json.dumps(swe_agent.old()).encode(),
    }
    report = {
        "resolved_ids": ["acme__ledger-7"],
        "unresolved_ids": ["acme__ledger-8", "acme__ledger-10"],
        "empty_patch_ids": ["acme__ledger-9", "acme__ledger-11"],
    }
    configuration = SOURCES.format(kind="swe_agent", suffix="traj")
    files = {**runs, "report.json": json.dumps(report).encode()}
    run_all(make_workspace(tmp_path, configuration, files))
    found = read_jsonl(tmp_path / "data" / "scored" / "runs")
    return {run["task"]["task_id"]: (run["category"], run["rule"]) for run in found}


def test_swe_agent(scored: dict[str, tuple[str, str]]) -> None:
    """The report judges by instance; no output is rejected, a broken machine judges nobody."""
    assert scored == {
        "acme__ledger-7": ("accepted", "highest_rank"),
        "acme__ledger-8": ("rejected", "highest_rank"),
        "acme__ledger-9": ("rejected", "highest_rank"),
        "acme__ledger-10": ("needs_human_review", "instrument_failure"),
        # A verdict of no output is not for a run that handed in something.
        "acme__ledger-11": ("needs_human_review", "no_verdict"),
    }
