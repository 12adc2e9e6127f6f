"""What a text may name, and what is refused with what would have been right."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distill.diff.changes import ToldChange
from distill.diff.moments import moment_of
from distill.diff.result import Diff, open_diff
from distill.diff.sides import demand_comparable, resolve_side
from distill.errors import ConfigurationError, VerificationError
from distill.receipts.receipt import Receipt
from distill.receipts.refs import age
from distill.receipts.workspace import Workspace
from distill.release.folder import remove_folder
from distill.release.making import make_release
from distill.workspace.project import open_workspace
from tests.diff.states import Two, Workspaces, run_state
from tests.diff.test_causes import NAMED, ROWS
from tests.workspaces import lines, row


@pytest.fixture(scope="module")
def two_once(workspaces: Workspaces, tmp_path_factory: pytest.TempPathFactory) -> Two:
    """A workspace that gained a run, to be copied and not touched."""
    rows = [*ROWS, row("t4", "new", id="e")]
    return workspaces.two(
        tmp_path_factory.mktemp("two"),
        NAMED,
        {"logs/a.jsonl": lines(ROWS)},
        lambda root: (root / "logs/a.jsonl").write_bytes(lines(rows)),
    )


@pytest.fixture
def two(two_once: Two, tmp_path: Path) -> Two:
    """A workspace that gained a run."""
    shutil.copytree(two_once.root, tmp_path, dirs_exist_ok=True)
    return replace(two_once, root=tmp_path)


def _workspace(two: Two) -> Workspace:
    return open_workspace(two.root).workspace


def _receipts(two: Two) -> list[Receipt]:
    return sorted(open_workspace(two.root).receipts.all(), key=age)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", "2026-11-24T23:59:59.999Z"),
        ("2026-11-24T08:00:00Z", "2026-11-24T08:00:00.000Z"),
        ("2026-11-24t08:00z", "2026-11-24T08:00:00.000Z"),
        ("2026-11-24T08:00:00.1239+02:00", "2026-11-24T06:00:00.123Z"),
        ("2026-01-01 00:00-01:00", "2026-01-01T01:00:00.000Z"),
    ],
)
def test_a_moment_is_in_utc_and_a_date_is_its_end(text: str, moment: str) -> None:
    """What a person writes becomes what receipts are compared with."""
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["2026-02-30", "2026-11-24T25:00Z", "2026-11-24T08:00"])
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    """No such day or hour, or a time without its zone."""
    with pytest.raises(ConfigurationError):
        moment_of(text)


def test_a_moment_names_the_newest_receipts_that_had_ended(two: Two) -> None:
    """Between the two runs the state of the first is found, after the second that one."""
    first_export = _receipts(two)[4].run.ended_at
    side = resolve_side(_workspace(two), first_export)
    assert {r.digest.hex for r in side.receipts.values()} == set(two.before.values())
    side = resolve_side(_workspace(two), "now")
    assert {r.digest.hex for r in side.receipts.values()} == set(two.after.values())


def test_a_moment_in_the_middle_of_a_run_compares_each_stage_with_its_own_parents(
    two: Two,
) -> None:
    """The export that was there then is explained by the evidence that it was made from."""
    evidence_ended = _receipts(two)[5].run.ended_at
    with open_diff(_workspace(two), evidence_ended, "now") as diff:
        told = {t.change.set: t.cause.value for t in diff.rows("added", with_texts=False)}
    assert told == {"scored": "log", "rag": "log", "sft": "log"}


def test_a_moment_before_everything_is_refused_with_the_first(two: Two) -> None:
    """The hint says when the first receipt ended."""
    with pytest.raises(ConfigurationError) as caught:
        resolve_side(_workspace(two), "2001-01-01")
    assert _receipts(two)[0].run.ended_at in caught.value.hint


def test_a_unique_prefix_names_a_receipt(two: Two) -> None:
    """Twelve digits do as well as sixty-four."""
    side = resolve_side(_workspace(two), two.after["sft"][:12])
    assert side.receipts["export_sft"].digest.hex == two.after["sft"]


def test_receipts_of_two_stages_are_refused_with_what_can_be_compared(two: Two) -> None:
    """The hint names the other receipts of the same stage."""
    a, b = (
        resolve_side(_workspace(two), text) for text in (two.before["sft"], two.after["scored"])
    )
    with pytest.raises(ConfigurationError) as caught:
        demand_comparable(a, b)
    assert two.after["sft"][:12] in caught.value.hint


def test_a_receipt_is_compared_with_a_moment_by_its_stage_alone(two: Two) -> None:
    """One receipt has one stage; the other side has that one too."""
    with open_diff(_workspace(two), two.before["sft"], "now") as diff:
        assert {numbers.set for numbers in diff.numbers()} == {"sft"}


def test_a_receipt_that_failed_is_refused(two: Two) -> None:
    """It published nothing that could be compared."""
    (two.root / "logs/a.jsonl").write_bytes(b"[1, 2")
    (two.root / "distill.toml").write_text(NAMED.replace("/answer", "/reply"))
    failed = _fail(two.root)
    with pytest.raises(ConfigurationError, match="failed"):
        resolve_side(_workspace(two), failed)


def _fail(root: Path) -> str:
    """Leave a failed receipt by a copy of a sound one with another ending."""
    from distill.receipts.digest import digest_bytes  # noqa: PLC0415

    store = open_workspace(root).receipts
    receipt = json.loads(next(store.all()).content)
    receipt["claim"]["validation"]["status"] = "failed"
    receipt["run"]["error"] = {"type": "SourceError", "message": "gone"}
    content = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw = content.encode() + b"\n"
    digest = digest_bytes(raw)
    store.path_of(digest).parent.mkdir(exist_ok=True)
    store.path_of(digest).write_bytes(raw)
    return digest.hex


@pytest.fixture
def released(two: Two) -> Iterator[Two]:
    """The same workspace with a release of its second state, and a third state after it."""
    make_release(open_workspace(two.root), "2026-01-31", ["raw", "evidence"])
    (two.root / "logs/a.jsonl").write_bytes(lines(ROWS))
    run_state(two.root)
    yield two
    remove_folder(two.root / "releases/2026-01-31")


def test_a_release_is_found_by_its_name_even_if_it_looks_like_a_date(released: Two) -> None:
    """Its receipts are the side; what it withheld comes from the replaced versions."""
    with open_diff(_workspace(released), "2026-01-31", "now") as diff:
        assert diff.a.label == "release 2026-01-31"
        told = {(t.change.set, t.change.change, t.cause.value) for t in _rows(diff)}
    assert ("sft", "removed", "log") in told
    assert {name for name, *_ in told} == {"evidence", "scored", "rag", "sft"}


def _rows(diff: Diff) -> Iterator[ToldChange]:
    return diff.rows(None, with_texts=False)


def test_a_release_is_compared_by_its_own_files(released: Two) -> None:
    """Without any replaced version the sets are still there, and what it withheld is gone."""
    for path in (released.root / "data/objects").iterdir():
        path.unlink()
    with open_diff(_workspace(released), "2026-01-31", "now") as diff:
        assert diff.exit_code == 11
        assert {n.set for n in diff.numbers()} == {"rag", "sft", "preference"}
        assert {(t.change.set, t.cause.value) for t in _rows(diff)} == {
            ("rag", "unknown"),
            ("sft", "unknown"),
        }
        assert {gone.path.split("/")[1] for gone in diff.gone} == {"evidence", "scored"}


def test_a_release_whose_file_was_changed_is_refused(released: Two) -> None:
    """Its own file comes first, and has to hold what its receipt says."""
    path = released.root / "releases/2026-01-31/exports/sft/train-00000.jsonl"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"new", b"old"))
    with pytest.raises(VerificationError, match="release"):
        open_diff(_workspace(released), "2026-01-31", "now")


def test_a_release_whose_manifest_was_changed_is_refused(released: Two) -> None:
    """The ledger pins it: no list of receipts can be slipped in."""
    path = released.root / "releases/2026-01-31/release.json"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"2026-01-31", b"2026-01-30", 1))
    with pytest.raises(VerificationError):
        open_diff(_workspace(released), "2026-01-31", "now")


@pytest.mark.parametrize("text", ["", "no-such-thing", "../x", "abc", "0" * 64])
def test_a_text_that_names_nothing_is_refused(two: Two, text: str) -> None:
    """The hint lists what a text may be."""
    with pytest.raises(ConfigurationError):
        resolve_side(_workspace(two), text)
