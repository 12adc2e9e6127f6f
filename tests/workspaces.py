"""Small workspaces for tests: a `distill.toml`, logs, and a look at what stages made of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from distill.receipts import Outcome
from distill.receipts.report import Counts
from distill.stages.pipeline import STAGES, run_stages
from distill.workspace.project import Project, open_workspace

#: A `mapped` source over `logs/*.jsonl` whose rows are made by `row`.
MAPPED = """\
[sources.agents]
kind = "mapped"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
task_id = "/task"
prompt = "/prompt"
response = "/answer"
timestamp = "/at"
"""
VERDICT = """
[sources.agents.verdict]
pointer = "/passed"
origin = "test_harness"
accepted = [true]
rejected = [false]
partially_accepted = ["partly"]
instrument_failure = ["timeout"]
"""


def row(task: str, answer: str, passed: Any = True, **more: Any) -> dict[str, Any]:
    """Return one row of the log that `MAPPED` reads."""
    return {
        "task": task,
        "prompt": f"Do {task}.",
        "answer": answer,
        "passed": passed,
        "at": "2026-10-01T12:00:00Z",
        **more,
    }


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as JSONL."""
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in rows)


def make_workspace(root: Path, configuration: str, files: Mapping[str, bytes]) -> Project:
    """Write a workspace and open it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "distill.toml").write_text(configuration, encoding="utf-8")
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return open_workspace(root)


def run_all(project: Project) -> dict[str, Outcome]:
    """Run the five stages and return their outcomes by name."""
    outcomes = run_stages(project, STAGES)
    return {outcome.receipt.claim.stage: outcome for outcome in outcomes}


def counts(outcome: Outcome, group: str = "total") -> dict[str, int]:
    """Return a group of counts of an outcome's receipt, zeros left out."""
    found: int | Counts = outcome.receipt.claim.counts.get(group, {})
    assert not isinstance(found, int)
    return {name: n for name, n in found.items() if isinstance(n, int) and n}


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file, or of all JSONL files below a folder."""
    files = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
