"""A run is in no row of a set: all rows are read, and what that shows is said."""

import json
from pathlib import Path

import pytest

from distill.errors import ConfigurationError, VerificationError
from distill.lineage.absence import prove_absent
from distill.receipts.canonical import loads
from distill.receipts.workspace import Workspace
from tests.lineage.conftest import rows_of
from tests.workspaces import read_jsonl


def rejected(root: Path) -> str:
    """A run that scoring rejected, from a log that holds one run a line."""
    runs = read_jsonl(root / "data/scored/code-runs")
    return str(next(run["run_id"] for run in runs if run["category"] == "rejected"))


def test_a_rejected_run_is_in_no_sft_row(unsigned_once: Path) -> None:
    """The statement names the files, the receipt, the checkpoint, and what it does not show."""
    workspace = Workspace(unsigned_once)
    run_id = rejected(unsigned_once)
    found = prove_absent(workspace, run_id, "exports/sft")
    assert (found.exit_code, found.present) == (0, ())
    assert found == prove_absent(workspace, run_id, "sft")
    statement = loads(found.content[:-1])
    assert isinstance(statement, dict)
    assert statement["absent"] is True
    assert statement["rows"] == len(rows_of(unsigned_once, "sft"))
    assert len(found.raw_records) == 1
    assert any("same text" in line for line in found.lines())


def test_a_run_in_a_row_is_present(unsigned_once: Path) -> None:
    """Every row that names it is told, on either side of a pair too."""
    workspace = Workspace(unsigned_once)
    row = rows_of(unsigned_once, "preference")[0]
    for run_id in (row["chosen_run_id"], row["rejected_run_id"]):
        found = prove_absent(workspace, run_id, "preference")
        assert found.exit_code == 10
        assert row["id"] in found.present


def test_a_row_under_another_id_is_found_by_its_raw_record(unsigned_once: Path) -> None:
    """A run whose raw record is in the set under a new name would be seen."""
    workspace = Workspace(unsigned_once)
    row = rows_of(unsigned_once, "sft")[0]
    found = prove_absent(workspace, row["source_run_id"], "rag")
    places = {(p["blake3"], p["pointer"]) for p in row["provenance"]}
    assert set(found.raw_records) == places


def test_another_run_of_the_same_record_is_another_run(unsigned_once: Path) -> None:
    """Four runs stand in one line of the wide log: each is present or absent for itself."""
    runs = read_jsonl(unsigned_once / "data/scored/wide-rows")
    unlike = (run for run in runs if run["near_duplicates"] is None)
    by_category = {run["category"]: run["run_id"] for run in unlike}
    workspace = Workspace(unsigned_once)
    assert prove_absent(workspace, by_category["rejected"], "sft").exit_code == 0
    assert prove_absent(workspace, by_category["accepted"], "sft").exit_code == 10


def test_an_unknown_run_is_absent_and_doubted(unsigned_once: Path) -> None:
    """A misspelt id is in no row either, so the reader is told that nobody has it."""
    found = prove_absent(Workspace(unsigned_once), "code-runs/none", "sft")
    assert found.exit_code == 0
    assert any("is the id right?" in line for line in found.lines())


def test_rows_that_were_edited_prove_nothing(unsigned: Workspace) -> None:
    """A row taken out by hand is not absent: the receipt's rows are not there."""
    run_id = str(rows_of(unsigned.root, "sft")[0]["source_run_id"])
    path = unsigned.root / "exports/sft/train-00000.jsonl"
    kept = path.read_bytes().splitlines(keepends=True)[1:]
    path.write_bytes(b"".join(kept))
    with pytest.raises(VerificationError, match=r"exports/sft/train-00000\.jsonl was changed"):
        prove_absent(unsigned, run_id, "sft")


@pytest.mark.parametrize("dataset", ["", "exports", "evidence", "../sft"])
def test_no_such_set(unsigned_once: Path, dataset: str) -> None:
    """Only the three sets are scanned."""
    with pytest.raises(ConfigurationError, match="no set") as caught:
        prove_absent(Workspace(unsigned_once), "x", dataset)
    assert "preference" in caught.value.hint


def test_the_statement_is_json_for_people_too(unsigned_once: Path) -> None:
    """What it shows stands in it in words."""
    found = prove_absent(Workspace(unsigned_once), rejected(unsigned_once), "sft")
    told = json.loads(found.content)
    assert told["format"] == "distill.absence/1"
    assert len(told["shows"]) == 2
    assert len(told["does_not_show"]) == 3
