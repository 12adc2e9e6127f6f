"""What a prune deletes, what it keeps, what it leaves behind, and a crash in the middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distill.cli import main
from distill.errors import ConfigurationError, ContractError
from distill.receipts import Receipt
from distill.receipts.digest import digest_file
from distill.receipts.receipt import FileEntry
from distill.receipts.refs import age
from distill.receipts.verify import verify_workspace
from distill.release.making import make_release
from distill.retention.history import read_history
from distill.retention.keeping import cutoff_of, kept_receipts
from distill.retention.prune_receipt import STAGE, Why
from distill.retention.pruning import Plan, plan_pruning, prune
from distill.workspace.project import open_workspace
from distill.workspace.retention import Retention
from tests.retention.test_withdrawing import take_back
from tests.retention.workspace import grow, holding
from tests.workspaces import read_jsonl

MEMORIES = (".distill/code", ".distill/incremental", ".distill/outlines")
NEWEST_ONLY = Retention(keep_days=0, keep_runs=1)


def plan(root: Path, retention: Retention = NEWEST_ONLY, *, withdrawn: bool = False) -> Plan:
    """Plan a prune of the workspace at `root`."""
    return plan_pruning(open_workspace(root), retention, withdrawn=withdrawn)


def do_prune(root: Path, retention: Retention = NEWEST_ONLY, *, withdrawn: bool = False) -> Plan:
    """Prune it."""
    return prune(open_workspace(root), retention, withdrawn=withdrawn)[0]


def objects(root: Path) -> set[str]:
    """Return the names of the replaced versions."""
    return {path.name for path in (root / "data/objects").iterdir()}


def is_sound(root: Path) -> bool:
    """Say what verify says."""
    return verify_workspace(open_workspace(root).workspace).is_sound


def receipts(root: Path) -> list[Receipt]:
    """Return the receipts of prunes."""
    return sorted(
        (r for r in open_workspace(root).receipts.all() if r.claim.stage == STAGE), key=age
    )


def test_a_dry_run_deletes_and_writes_nothing(root: Path) -> None:
    """It says what would go."""
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert main(["prune", "--keep-days", "0", "--keep-runs", "1", "--workspace", str(root)]) == 0
    assert plan(root).freed
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_by_default_a_month_and_three_runs_are_kept(root: Path) -> None:
    """A workspace of today loses nothing."""
    assert plan(root, Retention()).freed == []


def test_every_file_deleted_is_named_by_the_receipt(root: Path) -> None:
    """Digest, bytes, place and reason, in claim and output; and verify finds the rest sound."""
    before = {name: (root / "data/objects" / name).stat().st_size for name in objects(root)}
    done = do_prune(root)
    assert objects(root) == set()
    (receipt,) = receipts(root)
    rows = read_jsonl(root / receipt.claim.outputs[0].path)
    assert {row["blake3"]: row["bytes"] for row in rows} == before
    assert {row["why"] for row in rows} == {"outside_window"}
    assert all(row["was"] and row["receipt"] for row in rows)
    assert receipt.claim.counts["total"] == {"files": len(before), "bytes": sum(before.values())}
    assert list(receipt.claim.parameters["freed"]) == rows  # type: ignore[arg-type]
    assert len(done.freed) == len(before)
    assert is_sound(root)


def test_receipts_and_ledger_are_never_deleted(root: Path) -> None:
    """They are what remains of what was."""

    def kept() -> set[Path]:
        return {path for path in (root / "receipts").rglob("*") if path.is_file()}

    before = kept()
    do_prune(root)
    assert before <= kept()


def test_nothing_free_leaves_no_receipt(root: Path) -> None:
    """A second prune has nothing to do."""
    do_prune(root)
    do_prune(root)
    assert len(receipts(root)) == 1


def _entries(receipt: Receipt) -> tuple[FileEntry, ...]:
    return (*receipt.claim.inputs, *receipt.claim.outputs)


def test_the_newest_runs_keep_what_they_need(root: Path) -> None:
    """With two runs kept, every byte that the last two of each stage name is still there."""
    grow(root, 2)
    do_prune(root, Retention(keep_days=0, keep_runs=2))
    project = open_workspace(root)
    for stage in project.receipts.stages():
        found = sorted((r for r in project.receipts.all() if r.claim.stage == stage), key=age)
        for receipt in found[-2:] if stage != STAGE else []:
            for entry in _entries(receipt):
                place = root / entry.path
                kept = root / "data/objects" / entry.blake3.hex
                is_here = place.exists() and digest_file(place) == entry.blake3
                is_log = entry.path.startswith(("logs/", "more/"))
                assert is_here or is_log or digest_file(kept) == entry.blake3
    assert len(receipts(root)) == 1


def test_what_was_current_within_the_window_is_kept(root: Path) -> None:
    """A receipt's age is not that of its making: it counts until something took its place."""
    grow(root, 2)
    history = read_history(open_workspace(root).workspace)
    evidence = [r for r in history.receipts if r.claim.stage == "build_evidence_index"]

    def kept_since(cutoff: str) -> list[str]:
        return [receipt.digest.hex for receipt in kept_receipts(history, NEWEST_ONLY, cutoff)]

    replaced_at = evidence[1].run.ended_at  # from then on the first one was current no more
    assert evidence[0].digest.hex in kept_since(replaced_at)
    assert evidence[0].digest.hex not in kept_since(evidence[2].run.ended_at)
    assert evidence[1].digest.hex in kept_since(evidence[2].run.ended_at)
    assert evidence[1].digest.hex not in kept_since("9999-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("days", "since"),
    [
        (0, "2026-03-01T08:00:00.123Z"),
        (1, "2026-02-28T08:00:00.123Z"),
        (36_500, "1926-03-26T08:00:00.123Z"),
    ],
)
def test_the_window_begins_whole_days_before(days: int, since: str) -> None:
    """Days of 24 hours, in UTC."""
    assert cutoff_of("2026-03-01T08:00:00.123Z", Retention(keep_days=days)) == since


def test_a_release_keeps_what_it_names(root: Path) -> None:
    """Its receipts can be compared and run again; what it withheld is here alone."""
    make_release(open_workspace(root), "jan", ["evidence", "raw"])
    grow(root, 2)
    before = objects(root)
    do_prune(root)
    manifest = read_history(open_workspace(root).workspace).releases[0].manifest
    named = {file.blake3.hex for file in manifest.files} | {f.blake3.hex for f in manifest.withheld}
    assert objects(root) == before & named
    assert objects(root)
    assert is_sound(root)


def test_bytes_that_no_receipt_names_stay_until_they_are_old(root: Path) -> None:
    """An output that somebody edited was set aside, not destroyed: it has the whole window."""
    path = root / "exports/sft/train-00000.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    edited = digest_file(path).hex
    assert main(["run", "-q", "--workspace", str(root)]) == 0
    assert edited in objects(root)
    do_prune(root, Retention(keep_days=1, keep_runs=1))
    assert edited in objects(root)
    (freed,) = (one for one in plan(root).freed if one.blake3 == edited)
    assert freed.why is Why.UNNAMED
    assert freed.receipt is None


def test_sidecars_and_leftovers_go_too(root: Path) -> None:
    """Trees of files that are gone, temporary names of dead runs, receipts put aside as damaged."""
    kept = digest_file(root / "exports/sft/train-00000.jsonl").hex
    trees = root / ".distill/trees"
    trees.mkdir(parents=True, exist_ok=True)
    for name in (kept, "0" * 64):
        (trees / name).write_bytes(b"tree")
    (root / "data/objects/.x.0123456789abcdef.partial").write_bytes(b"torn")
    (root / ".distill/damaged").mkdir()
    (root / ".distill/damaged/one").write_bytes(b"damaged")
    do_prune(root)
    assert [path.name for path in trees.iterdir()] == [kept]
    assert objects(root) == set()
    assert list((root / ".distill/damaged").iterdir()) == []
    assert is_sound(root)


def test_withdrawn_versions_go_whatever_else_would_keep_them(root: Path) -> None:
    """Window and release aside: nothing outside of releases and raw logs holds the text."""
    make_release(open_workspace(root), "jan", ["raw", "evidence"])
    take_back(root, "agents/a")
    done = do_prune(root, Retention(), withdrawn=True)
    assert {one.why for one in done.freed} == {Why.WITHDRAWN}
    assert {path.split("/")[0] for path in holding(root)} == {"releases"}
    assert is_sound(root)


def test_withdrawn_files_and_sources_are_found_in_old_versions(root: Path) -> None:
    """By the places that rows name; what holds nothing of it stays."""
    take_back(root, "logs/b.jsonl")
    take_back(root, "others")
    before = objects(root)
    do_prune(root, Retention(), withdrawn=True)
    left = [(root / "data/objects" / name).read_bytes() for name in objects(root)]
    assert not [data for data in left if b'"text":"' in data and b"elsewhere" in data]
    assert not [data for data in left if b"logs/b.jsonl" in data and b'"messages"' in data]
    assert objects(root) < before
    assert is_sound(root)


def test_an_edited_version_that_holds_a_withdrawn_run_is_found(root: Path) -> None:
    """No receipt names it, but its rows do name the run."""
    path = root / "exports/sft/train-00000.jsonl"
    path.write_bytes(path.read_bytes() + b"no row\n")
    edited = digest_file(path).hex
    take_back_after_edit(root)
    assert edited in objects(root)
    do_prune(root, Retention(), withdrawn=True)
    assert edited not in objects(root)


def take_back_after_edit(root: Path) -> None:
    """Rebuild, which sets the edit aside, and withdraw."""
    assert main(["run", "-q", "--workspace", str(root)]) == 0
    take_back(root, "agents/a")


def test_withdrawn_needs_a_withdrawal_that_was_built(root: Path) -> None:
    """Old versions don't go while the present ones may still hold it."""
    with pytest.raises(ConfigurationError):
        plan(root, withdrawn=True)
    take_back(root, "agents/a")
    with (root / "withdrawals.jsonl").open("ab") as file:
        file.write((root / "withdrawals.jsonl").read_bytes().replace(b"agents/a", b"agents/b"))
    with pytest.raises(ContractError, match="withdrawals"):
        plan(root, withdrawn=True)


def test_the_configuration_sets_the_window_and_flags_outrank_it(root: Path) -> None:
    """`[retention]`, then --keep-days and --keep-runs; a number out of range is refused."""
    with (root / "distill.toml").open("a") as file:
        file.write("\n[retention]\nkeep_days = 0\nkeep_runs = 1\n")
    before = objects(root)
    assert main(["prune", "--yes", "--keep-runs", "9", "--workspace", str(root)]) == 0
    assert objects(root) == before
    assert main(["prune", "--yes", "--workspace", str(root)]) == 0
    assert objects(root) == set()
    for flags in (["--keep-runs", "0"], ["--keep-days", "-1"], ["--keep-days", "99999999"]):
        assert main(["prune", *flags, "--workspace", str(root)]) == 2


_KILLED = """
import os, signal, sys
from pathlib import Path
from distill.retention import pruning
from distill.workspace.project import open_workspace
from distill.workspace.retention import Retention

left = int(sys.argv[2])
delete = Path.unlink

def dying(path, missing_ok=False):
    global left
    if path.parent.name == "objects" and path.parent.parent.name == "data":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    delete(path, missing_ok=missing_ok)

Path.unlink = dying
pruning.prune(open_workspace(sys.argv[1]), Retention(keep_days=0, keep_runs=1), withdrawn=False)
"""


@pytest.mark.parametrize("deleted", [0, 2])
def test_a_prune_that_is_killed_leaves_a_sound_workspace(root: Path, deleted: int) -> None:
    """Every file that went is named by a receipt; the next prune takes the rest."""
    before = objects(root)
    process = subprocess.run(
        [sys.executable, "-c", _KILLED, str(root), str(deleted)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    assert len(before - objects(root)) == deleted
    assert is_sound(root)
    (receipt,) = receipts(root)
    assert {row["blake3"] for row in read_jsonl(root / receipt.claim.outputs[0].path)} == before
    do_prune(root)
    assert objects(root) == set()
    assert is_sound(root)


def test_what_was_pruned_is_said_to_be_gone(root: Path) -> None:
    """Diff and recall end with 11 where they need it."""
    history = read_history(open_workspace(root).workspace)
    sft = [r.digest.hex for r in history.receipts if r.claim.stage == "export_rag"]
    do_prune(root)
    assert main(["diff", sft[0], sft[1], "--workspace", str(root)]) == 11
    assert main(["recall", "agents/a", "--workspace", str(root)]) == 11


def test_what_was_remembered_of_stages_that_are_no_more_goes(root: Path) -> None:
    """The code of former versions, and memories of slots that nothing current stands for."""
    kept = {path for name in MEMORIES for path in (root / name).glob("*")}
    assert kept
    gone = {root / name / ("0" * 64) for name in MEMORIES}
    for path in gone:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    found = {root / one.path: one.why for one in plan(root).freed}
    assert {path: found.get(path) for path in gone} == dict.fromkeys(gone, Why.DERIVED)
    assert not kept & found.keys()
    do_prune(root)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)
