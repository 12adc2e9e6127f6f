"""Records that share a header, through the stages: one run of two files, a header that changes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from distill.lineage.held_receipts import hold_receipts
from distill.lineage.proving import prove_sample
from distill.lineage.replay import replay_proof
from distill.lineage.verification import verify_proof
from distill.workspace.initialise import initialise
from distill.workspace.project import Project, open_workspace
from tests.sources.samples.inspect import FILES, SAMPLES, archive, document, members, sample
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

CONFIGURATION = """\
[sources.pallets]
kind = "inspect"
paths = ["logs/*"]
role = "train"
licence = "MIT"
"""


def evidence(root: Path) -> list[dict[str, Any]]:
    """Return the evidence of the workspace."""
    return read_jsonl(root / "data" / "evidence")


def test_a_log_in_both_forms_is_one_run(tmp_path: Path) -> None:
    """Five samples, logged twice, are five runs; each names both records and both headers."""
    outcomes = run_all(make_workspace(tmp_path, CONFIGURATION, FILES))
    found = counts(outcomes["build_evidence_index"])
    assert (found["runs_declared"], found["runs_merged"], found["runs"]) == (10, 5, 5)
    assert counts(outcomes["build_evidence_index"], "by_no_run_kind") == {"envelope": 10}
    runs = evidence(tmp_path)
    assert len(runs) == 5
    for run in runs:
        pointers = [place["pointer"] for place in run["provenance"]]
        number = run["task"]["task_id"].rpartition("-")[2]
        assert pointers == [
            f"/samples~1pallet-{number}_epoch_1.json",
            "/header.json",
            f"/samples/{int(number) - 1}",
            "/eval",
            "/status",
            "/version",
        ]
    scored = read_jsonl(tmp_path / "data" / "scored")
    assert {row["run_id"]: row["category"] for row in scored} == {
        "pallets/uuid1": "accepted",
        "pallets/uuid2": "partially_accepted",
        "pallets/uuid3": "rejected",
        "pallets/uuid4": "needs_human_review",
        "pallets/uuid5": "rejected",
    }


@pytest.mark.parametrize("form", ["archive", "document"])
def test_a_changed_header_is_seen_though_no_sample_changed(tmp_path: Path, form: str) -> None:
    """The status is of as many letters as before, so that every sample stays where it was."""
    samples = [sample(number) for number in range(1, 40)]

    def write(root: Path, status: str) -> Project:
        as_archive = archive(members(samples, status=status))
        data = as_archive if form == "archive" else document(samples, status=status)
        return make_workspace(root, CONFIGURATION, {"logs/pallets": data})

    run_all(write(tmp_path / "one", "success"))
    assert not any(run["instrument_failure"] for run in evidence(tmp_path / "one"))
    run_all(write(tmp_path / "one", "started"))
    assert all(run["instrument_failure"] for run in evidence(tmp_path / "one"))
    shutil.rmtree(tmp_path / "one" / "data")
    run_all(write(tmp_path / "one", "started"))
    run_all(write(tmp_path / "two", "started"))
    assert evidence(tmp_path / "one") == evidence(tmp_path / "two")


def test_a_row_of_an_archive_is_proved_and_made_again(tmp_path: Path) -> None:
    """A proof leads to the member and its header, and the pure steps give the same bytes."""
    project = make_workspace(tmp_path, CONFIGURATION, FILES)
    run_all(project)
    (row,) = read_jsonl(tmp_path / "exports" / "sft")
    proof = prove_sample(project.workspace, row["id"])
    assert proof.runs[0].raw[0].record == members(SAMPLES)["samples/pallet-1_epoch_1.json"]
    assert proof.runs[0].raw[1].record == members(SAMPLES)["header.json"]
    assert not verify_proof(proof).faults
    receipts = hold_receipts(proof, tmp_path).receipts
    assert {step.outcome for step in replay_proof(proof, receipts, None)} == {"same"}


def test_what_a_trap_leaves(tmp_path: Path) -> None:
    """An archive that is cut short is one quarantine row that names the file; others are read."""
    whole = FILES["logs/pallets.eval"]
    project = make_workspace(
        tmp_path, CONFIGURATION, {"logs/a.eval": whole[:-50], "logs/b.eval": whole}
    )
    outcomes = run_all(project)
    assert counts(outcomes["build_evidence_index"])["runs"] == 5
    (row,) = read_jsonl(tmp_path / "quarantine" / "build_evidence_index.jsonl")
    assert (row["reason"], row["rule"]) == ("schema_violation", "archive_truncated")
    assert row["origin"][0]["path"] == "logs/a.eval"


def test_init_reads_archives(tmp_path: Path) -> None:
    """`distill init` puts both forms of a log into one source, and that source runs."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    initialise(tmp_path, [tmp_path / "logs"])
    project = open_workspace(tmp_path)
    assert [table.kind for table in project.configuration.sources] == ["inspect"]
    assert counts(run_all(project)["build_evidence_index"])["runs"] == 5
