"""Withdrawals by the command: what leaves, what the receipt says, and what is left to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.errors import ContractError, SourceError
from distill.receipts import Receipt, workspace_scope
from distill.receipts.verify import verify_workspace
from distill.records.withdrawal import Withdrawal, WithdrawalKind
from distill.release.making import make_release
from distill.retention.recall import open_recall
from distill.retention.withdrawal_receipt import STAGE, record_withdrawal
from distill.retention.withdrawing import Withdrawn, withdraw
from distill.workspace.project import open_workspace
from tests.retention.workspace import LEAK, holding
from tests.workspaces import read_jsonl, run_all


def take_back(root: Path, text: str) -> Withdrawn:
    """Withdraw what a text names."""
    project = open_workspace(root)
    with open_recall(project, text) as found:
        return withdraw(project, found, reason="asked for", by="kim")


def outcome(root: Path, number: int = 1) -> dict[str, Any]:
    """Return what a withdrawal's receipt wrote."""
    path = root / f"reports/withdrawals/{number:04d}/outcome.json"
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def receipts(root: Path) -> list[Receipt]:
    """Return the receipts of withdrawals."""
    store = open_workspace(root).receipts
    return [receipt for receipt in store.all() if receipt.claim.stage == STAGE]


def test_a_withdrawn_run_leaves_the_outputs_and_a_receipt_says_so(root: Path) -> None:
    """Its text is in replaced versions alone; the receipt names what it touched."""
    make_release(open_workspace(root), "jan", [])
    touched = {"evidence": 1, "scored": 1, "rag": 1, "sft": 1, "preference": 1}
    done = take_back(root, "agents/a")
    outside = {path for path in holding(root) if not path.startswith("releases/")}
    assert outside == {path.relative_to(root).as_posix() for path in done.objects} - _scored(done)
    (receipt,) = receipts(root)
    assert receipt.passed
    assert receipt.claim.counts["by_set"] == touched
    assert receipt.claim.parameters["withdrawal"] == done.withdrawal.as_json()
    assert outcome(root)["rows"] == touched
    assert outcome(root)["releases"] == ["jan"]
    assert outcome(root)["logs"] == ["logs/a.jsonl"]
    assert verify_workspace(open_workspace(root).workspace).is_sound


def _scored(done: Withdrawn) -> set[str]:
    """Return the objects that hold the run's id and no text."""
    objects = (path for path in done.objects if LEAK.encode() not in path.read_bytes())
    return {f"data/objects/{path.name}" for path in objects}


def test_the_listing_tells_every_sample(root: Path) -> None:
    """Its rows are those that a recall found before."""
    with open_recall(open_workspace(root), "agents/a") as found:
        before = [found.row_json(row) for row in found.rows()]
    take_back(root, "agents/a")
    listed = read_jsonl(root / "reports/withdrawals/0001/touched.jsonl")
    assert [one for one in listed if one.pop("entry") == "row"] == before


def test_a_withdrawn_file_takes_its_runs_and_leaves_shared_ones(root: Path) -> None:
    """A run that another file holds too stays; its rows no longer name the file."""
    done = take_back(root, "logs/b.jsonl")
    runs = {record["run_id"] for record in read_jsonl(root / "data/evidence/agents")}
    assert runs == {"agents/a", "agents/b", "agents/c"}
    assert b"logs/b.jsonl" not in (root / "exports/sft/train-00000.jsonl").read_bytes()
    assert done.logs == ("logs/b.jsonl",)
    assert verify_workspace(open_workspace(root).workspace).is_sound


def test_a_withdrawn_source_leaves_the_other(root: Path) -> None:
    """Nothing of it is read or kept in place."""
    take_back(root, "others")
    assert {r["source_run_id"] for r in read_jsonl(root / "exports/sft")} == {
        "agents/a",
        "agents/c",
        "agents/d",
    }
    assert verify_workspace(open_workspace(root).workspace).is_sound


def test_doing_it_twice_withdraws_once(root: Path) -> None:
    """The second time nothing is written; the first line and receipt stand."""
    first = take_back(root, "agents/a")
    second = take_back(root, "agents/a")
    assert first.is_new
    assert not second.is_new
    assert second.withdrawal == first.withdrawal
    assert second.receipt.skipped
    assert (root / "withdrawals.jsonl").read_bytes() == first.withdrawal.to_line()


def test_several_withdrawals_stand_one_after_another(root: Path) -> None:
    """Each has its line, its number and its receipt, and none undoes another."""
    for text in ("agents/a", "logs/b.jsonl", "others"):
        take_back(root, text)
    assert [outcome(root, n)["withdrawal"]["name"] for n in (1, 2, 3)] == [
        "agents/a",
        "logs/b.jsonl",
        "others",
    ]
    assert len(receipts(root)) == 3
    runs = {record["run_id"] for record in read_jsonl(root / "data/evidence/agents")}
    assert runs == {"agents/b", "agents/c"}
    assert verify_workspace(open_workspace(root).workspace).is_sound


def test_later_runs_stay_without_it(root: Path) -> None:
    """A log that grows brings nothing back, though the record still stands in it."""
    take_back(root, "agents/a")
    with (root / "logs/a.jsonl").open("ab") as log:
        log.write((root / "logs/a.jsonl").read_bytes())
    run_all(open_workspace(root))
    assert not [path for path in holding(root) if not path.startswith("data/objects/")]
    assert verify_workspace(open_workspace(root).workspace).is_sound


def test_a_release_after_it_holds_nothing_of_it(root: Path) -> None:
    """But for the raw log, if that is not withheld; the receipts of the withdrawal go along."""
    take_back(root, "agents/a")
    project = open_workspace(root)
    made = make_release(project, "feb", ["raw"])
    assert not [path for path in holding(root) if path.startswith("releases/")]
    assert (made.folder / "reports/withdrawals/0001/outcome.json").exists()


def test_a_failed_build_leaves_the_withdrawal_to_the_next_run(root: Path) -> None:
    """A broken source stops the build, not the withdrawal: its line stands, and a run does it."""
    (root / "more/c.jsonl").rename(root / "c.jsonl")
    with pytest.raises(SourceError):
        take_back(root, "agents/a")
    assert not (root / "withdrawals.jsonl").exists()  # it could not even be told what it touched
    (root / "c.jsonl").rename(root / "more/c.jsonl")
    project = open_workspace(root)
    with open_recall(project, "agents/a") as found:
        (root / "more/c.jsonl").rename(root / "c.jsonl")
        with pytest.raises(SourceError):
            withdraw(project, found, reason="asked for", by=None)
    (root / "c.jsonl").rename(root / "more/c.jsonl")
    run_all(open_workspace(root))
    assert not [path for path in holding(root) if not path.startswith("data/objects/")]
    assert take_back(root, "agents/a").receipt.status == "ran"
    assert verify_workspace(open_workspace(root).workspace).is_sound


def test_a_row_that_is_left_fails_the_receipt(root: Path) -> None:
    """The check reads every kept row: one that names the run, its file or its source is found."""
    project = open_workspace(root)
    listing = root / "touched.jsonl"
    listing.write_bytes(b"")
    kept = sorted((root / "data/evidence").glob("*/*.jsonl"))
    kept.append(root / "exports/sft/train-00000.jsonl")
    for kind, name in (("run", "agents/a"), ("file", "logs/a.jsonl"), ("source", "agents")):
        withdrawal = Withdrawal(WithdrawalKind(kind), name, "r", "2026-11-24T10:00:00.000Z")
        with (
            workspace_scope(project.workspace),
            pytest.raises(ContractError, match="nothing_withdrawn_is_left"),
        ):
            record_withdrawal(
                listing,
                kept,
                withdrawal=withdrawal,
                files=("logs/a.jsonl",) if kind != "run" else (),
                outcome=root / "reports/outcome.json",
            )


def test_the_command_says_what_a_withdrawal_does_not_reach(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The raw log, replaced versions, releases; and nothing happens without a reason."""
    make_release(open_workspace(root), "jan", [])
    assert main(["recall", "agents/a", "--withdraw", "--workspace", str(root)]) == 2
    assert main(["recall", "agents/a", "--reason", "x", "--workspace", str(root)]) == 2
    assert not (root / "withdrawals.jsonl").exists()
    capsys.readouterr()
    arguments = ["recall", "agents/a", "--withdraw", "--reason", "a subject asked", "--by", "kim"]
    assert main([*arguments, "--workspace", str(root)]) == 0
    printed = capsys.readouterr().out
    assert "the raw log logs/a.jsonl" in printed
    assert "7 replaced versions in data/objects" in printed
    assert "the release jan" in printed
    assert (root / "reports/latest.md").read_text().count("withdrawn")


def test_a_reason_that_can_not_be_recorded_is_refused(root: Path) -> None:
    """Nothing is written down, and nothing built."""
    arguments = ["recall", "agents/a", "--withdraw", "--reason", "a\x7fb"]
    assert main([*arguments, "--workspace", str(root)]) in {2, 4}
    assert not (root / "withdrawals.jsonl").exists()


def test_a_program_reads_the_withdrawal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document with the receipt and what is not reached."""
    arguments = ["recall", "agents/a", "--withdraw", "--reason", "asked", "--json"]
    assert main([*arguments, "--workspace", str(root)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["withdrawal"]["name"] == "agents/a"
    assert found["receipt"] == receipts(root)[0].digest.hex
    assert found["not_reached"]["logs"] == ["logs/a.jsonl"]
    assert len(found["not_reached"]["objects"]) == 7
