"""The pure steps once more: same bytes, a difference, or a plain word on what could not be run."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED
from distill.lineage.held_receipts import hold_receipts
from distill.lineage.proof import Proof
from distill.lineage.proving import prove_sample
from distill.lineage.replay import replay_proof, with_replay
from distill.lineage.verdict import ProofReport, Replayed
from distill.lineage.verification import verify_proof
from distill.receipts.workspace import Workspace
from distill.records.taxonomy import Category
from distill.scoring.decision import Decision
from distill.stages import scoring
from distill.stages.pipeline import STAGES, run_stages
from tests.conftest import REPOSITORY
from tests.lineage.conftest import SMALL_LOG, one_a_source, rows_of, sample_of
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row


def replayed(proof: Proof, workspace: Workspace, around: Workspace | None = None) -> list[Replayed]:
    """The steps of a proof run again, with the receipts of one workspace."""
    return replay_proof(proof, hold_receipts(proof, workspace.root).receipts, around)


def report_of(proof: Proof, workspace: Workspace, around: Workspace | None = None) -> ProofReport:
    """The check of a proof with the replay."""
    receipts = hold_receipts(proof, workspace.root).receipts
    return with_replay(verify_proof(proof), proof, receipts, around)


@pytest.mark.parametrize("kind", ["rag", "sft", "preference"])
def test_no_sample_of_the_example_comes_out_otherwise(unsigned_once: Path, kind: str) -> None:
    """Every step gives the same bytes, or says what of it other records brought."""
    workspace = Workspace(unsigned_once)
    outcomes: Counter[str] = Counter()
    for sample in one_a_source(unsigned_once, kind):
        steps = replayed(prove_sample(workspace, sample["id"]), workspace, workspace)
        assert all(step.detail for step in steps if step.outcome != "same")
        outcomes.update(step.outcome for step in steps)
    assert outcomes["different"] == 0
    assert outcomes["same"] > outcomes["in part"] + outcomes["not replayed"]


def test_the_receipts_are_enough_for_a_plain_log(small_once: Path) -> None:
    """Raw records stand in the proof, policy and settings in the receipts: no log is needed."""
    workspace = Workspace(small_once)
    proof = prove_sample(workspace, sample_of(small_once, "preference"))
    report = report_of(proof, workspace)
    assert report.replayed is not None
    assert [step.outcome for step in report.replayed] == ["same"] * 5
    assert report.exit_code == EXIT_OK
    assert any("paired" in note for note in report.notes)


def test_what_surrounds_the_records_must_be_here(unsigned: Workspace) -> None:
    """A task table that is not at hand, or not the one that was read, is named."""
    proof = prove_sample(unsigned, sample_of(unsigned.root, "sft", "patches"))
    alone = replayed(proof, unsigned)[0]
    assert (alone.outcome, "tasks.jsonl" in alone.detail) == ("not replayed", True)
    (unsigned.root / "examples/patches/tasks.jsonl").write_bytes(b"{}\n")
    changed = replayed(proof, unsigned, unsigned)[0]
    assert (changed.outcome, "tasks.jsonl" in changed.detail) == ("not replayed", True)
    assert report_of(proof, unsigned, unsigned).exit_code == EXIT_INCOMPLETE


def test_a_joined_verdict_is_said_and_not_claimed(unsigned_once: Path) -> None:
    """The report's verdict was attached by its file: the record alone does not give it."""
    workspace = Workspace(unsigned_once)
    proof = prove_sample(workspace, sample_of(unsigned_once, "sft", "patches"))
    first, *_ = replayed(proof, workspace, workspace)
    assert first.outcome == "in part"
    assert "report.json was not attached again" in first.detail


def test_a_category_of_other_runs_is_not_claimed(unsigned_once: Path) -> None:
    """An extraction takes its subject's category: its own record does not give it."""
    workspace = Workspace(unsigned_once)
    proof = prove_sample(workspace, sample_of(unsigned_once, "rag", "distilled-facts"))
    outcomes = {step.step: step.outcome for step in replayed(proof, workspace, workspace)}
    assert outcomes == {
        "build_evidence_index": "same",
        "score_runs": "not replayed",
        "export_rag": "same",
    }


def test_a_run_logged_twice_is_merged_again(tmp_path: Path) -> None:
    """Both raw records stand in the proof, so the merge comes out again, verdicts and all."""
    files = {
        "logs/a.jsonl": lines([row("t", "one", id="r1"), row("t", "two", id="r2")]),
        "logs/b.jsonl": lines([row("t", "one", id="r1", passed=True, note="again")]),
    }
    project = make_workspace(tmp_path, MAPPED + 'run_id = "/id"\n' + VERDICT, files)
    run_stages(project, STAGES)
    proofs = [prove_sample(project.workspace, r["id"]) for r in rows_of(tmp_path, "sft")]
    (merged,) = [proof for proof in proofs if len(proof.runs[0].raw) == 2]
    assert [step.outcome for step in replayed(merged, project.workspace)] == ["same"] * 3
    assert verify_proof(merged).faults == ()


def test_another_output_than_the_code_gives_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage that was bent while it ran left sound receipts, and the replay finds it out."""
    project = make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(SMALL_LOG)})
    honest = scoring.own_decision

    def bent(*arguments: object) -> Decision:
        decision = honest(*arguments)  # type: ignore[arg-type]
        return decision._replace(category=Category.ACCEPTED)

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "own_decision", bent)
        run_stages(project, STAGES)
    reports = []
    for sample in rows_of(tmp_path, "sft"):
        proof = prove_sample(project.workspace, sample["id"])
        assert verify_proof(proof).exit_code == EXIT_OK
        reports.append(report_of(proof, project.workspace))
    codes = Counter(report.exit_code for report in reports)
    assert codes == {EXIT_OK: 2, EXIT_TAMPERED: 2}
    (fault, *_) = (one for report in reports for one in report.faults)
    assert fault.place == "replay.runs[0].scored"
    assert "category" in fault.meaning


def test_other_code_than_the_recorded_one_proves_nothing(tmp_path: Path) -> None:
    """A run of an edited checkout: what comes out otherwise here is no fault of the proof."""
    code = tmp_path / "code"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "distill", code / "distill", ignore=ignore)
    edited = code / "distill" / "scoring" / "decide.py"
    text = edited.read_text(encoding="utf-8")
    assert "{verdict.origin} says {category}" in text
    edited.write_text(text.replace("says {category}", "said {category}"), encoding="utf-8")
    root = tmp_path / "work"
    make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": lines(SMALL_LOG)})
    subprocess.run(
        [sys.executable, "-m", "distill.cli", "run", "-q", "--workspace", str(root)],
        cwd=code,
        env={**os.environ, "PYTHONPATH": str(code)},
        check=True,
    )
    proof = prove_sample(Workspace(root), sample_of(root, "sft"))
    report = report_of(proof, Workspace(root))
    assert report.exit_code == EXIT_INCOMPLETE
    (fault,) = report.faults
    assert "reasons" in fault.meaning
    assert "not the recorded one" in fault.meaning


def test_a_proof_that_does_not_hold_is_not_run_again(small_once: Path) -> None:
    """There is nothing to compare with."""
    workspace = Workspace(small_once)
    proof = prove_sample(workspace, sample_of(small_once, "sft"))
    other = verify_proof(proof, pinned=[bytes(32)])
    assert with_replay(other, proof, {}, None) == other
    assert report_of(proof, workspace).replayed is not None


def test_without_the_receipts_nothing_is_replayed(small_once: Path) -> None:
    """Parameters and code stand in the receipts alone: what is missing is named, and no fault."""
    proof = prove_sample(Workspace(small_once), sample_of(small_once, "sft"))
    report = with_replay(verify_proof(proof), proof, {}, None)
    assert report.exit_code == EXIT_INCOMPLETE
    assert report.replayed is not None
    assert [step.outcome for step in report.replayed] == ["not replayed"] * 3
    assert [step.step for step in report.replayed][-1] == "export_sft"
    assert all("--receipts" in step.detail for step in report.replayed)
