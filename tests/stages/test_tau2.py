"""tau2-bench's results through the stages: each run with its task, and no script in a set."""

import json
from pathlib import Path

import pytest

from tests.sources.samples.tau2 import FILES, GOAL, POLICY, SCRIPT, results, simulation
from tests.workspaces import make_workspace, read_jsonl, run_all

SOURCE = """\
[sources.parcels]
kind = "tau2"
paths = ["runs/*.json"]
role = "train"
licence = "MIT"
"""


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    run_all(make_workspace(tmp_path, SOURCE, FILES))
    return tmp_path


def test_runs(root: Path) -> None:
    """Every simulation is a run of one task, with its verdict or whose failure it was."""
    evidence = read_jsonl(root / "data" / "evidence" / "parcels")
    assert len({record["task"]["key"] for record in evidence}) == 1
    assert [record["provenance"][0]["pointer"] for record in evidence] == [
        f"/simulations/{number}" for number in range(3)
    ]
    scored = read_jsonl(root / "data" / "scored" / "parcels")
    assert [(run["category"], run["rule"]) for run in scored] == [
        ("accepted", "highest_rank"),
        ("rejected", "highest_rank"),
        ("needs_human_review", "instrument_failure"),
    ]


def test_sets_hold_the_policy_and_no_script(root: Path) -> None:
    """The agent was told the policy; the user's script and the criteria reach no set."""
    (sample,) = read_jsonl(root / "exports" / "sft")
    assert POLICY in json.dumps(sample, ensure_ascii=False).replace("\\n", "\n")
    for path in (root / "exports").rglob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert SCRIPT not in text
        assert GOAL not in text


def test_a_tasks_change_reaches_its_simulations(root: Path) -> None:
    """A file whose tasks changed, and no simulation, is other tasks' runs."""
    before = read_jsonl(root / "data" / "evidence" / "parcels")
    task = results()["tasks"][0]
    changed = {**task, "user_scenario": {"instructions": "You want a refund."}}
    whole = json.loads(FILES["runs/results.json"])
    (root / "runs" / "results.json").write_text(json.dumps({**whole, "tasks": [changed]}))
    run_all(make_workspace(root, SOURCE, {}))
    after = read_jsonl(root / "data" / "evidence" / "parcels")
    assert [record["run_id"] for record in after] == [record["run_id"] for record in before]
    assert {r["task"]["key"] for r in after}.isdisjoint(r["task"]["key"] for r in before)


def test_a_simulation_without_its_task_is_quarantined(tmp_path: Path) -> None:
    """It is refused by name, and the others stand."""
    data = json.dumps(results(simulation(), simulation(id="x", task_id="9"))).encode()
    run_all(make_workspace(tmp_path, SOURCE, {"runs/results.json": data}))
    (row,) = read_jsonl(tmp_path / "quarantine" / "build_evidence_index.jsonl")
    assert (row["reason"], row["rule"]) == ("schema_violation", "no_task")
    assert len(read_jsonl(tmp_path / "data" / "evidence" / "parcels")) == 1
