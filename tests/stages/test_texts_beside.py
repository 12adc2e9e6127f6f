"""A result and the text beside it make runs together: read, checked, exported, proved, replayed."""

import json
from pathlib import Path

import pytest

from distill.cli import main
from distill.receipts import Outcome
from distill.workspace.configuration import load_configuration
from tests.sources.samples.aider import FILES, PATHS, SILENT
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

AIDER = """\
[sources.aider]
kind = "aider"
paths = ["predictions/*/*.json", "predictions/*/*.md"]
role = "train"
licence = "MIT"
repository = { listings = ["paths.jsonl"] }
"""
LISTING = json.dumps({"task_id": "acme__ledger-7", "paths": PATHS}).encode() + b"\n"


@pytest.fixture(name="built")
def _built(tmp_path: Path) -> tuple[Path, dict[str, Outcome]]:
    files = {**FILES, "paths.jsonl": LISTING}
    return tmp_path, run_all(make_workspace(tmp_path, AIDER, files))


def test_evidence(built: tuple[Path, dict[str, Outcome]]) -> None:
    """Each try is a run of both files; an invented file is found, one that is made is none."""
    root, outcomes = built
    records = read_jsonl(root / "data" / "evidence" / "aider")
    first, chosen, last, silent = records
    assert [(p["path"].rpartition("/")[2], p["pointer"]) for p in chosen["provenance"]] == [
        ("acme__ledger-7.json", "/all_results/1"),
        ("acme__ledger-7.md", ""),
    ]
    made_up = [r["facts"]["hallucinated_paths"] for r in records]
    assert made_up == [["ledger/rounding/modes.py"], [], [], None]
    assert first["facts"]["output_digest"] is None
    assert last["facts"]["output_digest"] is not None
    assert (silent["task"]["task_id"], silent["messages"]) == (SILENT["instance_id"], None)
    found = counts(outcomes["build_evidence_index"])
    assert (found["records"], found["runs"]) == (3, 4)
    assert counts(outcomes["build_evidence_index"], "by_no_run_kind") == {"chat_without_result": 1}


def test_scores_and_exports(built: tuple[Path, dict[str, Outcome]]) -> None:
    """Only the harness accepts or rejects; a try that it did not judge waits for a person."""
    root, outcomes = built
    scored = read_jsonl(root / "data" / "scored" / "aider")
    assert [(run["category"], run["rule"]) for run in scored] == [
        ("needs_human_review", "no_verdict"),
        ("accepted", "highest_rank"),
        ("needs_human_review", "no_threshold"),
        ("rejected", "highest_rank"),
    ]
    assert [dissent["name"] for dissent in scored[1]["dissent"]] == ["aider_report"]
    assert counts(outcomes["export_sft"])["exported"] == 1
    (sample,) = read_jsonl(root / "exports" / "sft")
    assert "half_even_rounding" not in json.dumps(sample)


def test_proof(
    built: tuple[Path, dict[str, Outcome]],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A proof of a row holds the result and the text, and the pure steps give the row again."""
    root, _ = built
    (sample,) = read_jsonl(root / "exports" / "sft")
    proof = tmp_path_factory.mktemp("proof") / "proof.json"
    place = ["--workspace", str(root)]
    assert main(["prove", sample["id"], "--output", str(proof), *place]) == 0
    assert main(["verify-proof", str(proof), "--replay", *place]) == 0
    assert "acme__ledger-7.md" in proof.read_text()
    told = capsys.readouterr().out
    assert "replay of build_evidence_index, runs[0].evidence: same" in told


def test_init_names_the_texts(tmp_path: Path) -> None:
    """`distill init` puts the transcripts beside the results into the source's paths."""
    logs = make_workspace(tmp_path / "logs", "", FILES).workspace.root
    root = tmp_path / "own"
    assert main(["init", str(logs / "predictions"), "--workspace", str(root)]) == 0
    (source,) = load_configuration(root).sources
    assert source.kind == "aider"
    assert source.paths == tuple(
        f"logs:acme__ledger-{name}" for name in ("7.json", "7.md", "8.json")
    )
