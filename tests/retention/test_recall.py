"""What a run, a source and a file touched: counted from files that the test can count itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.errors import ConfigurationError, VerificationError
from distill.records.withdrawal import WithdrawalKind
from distill.release.making import make_release
from distill.retention.matching import Relation
from distill.retention.recall import Recall, open_recall
from distill.workspace.project import open_workspace
from tests.retention.workspace import CONFIGURATION
from tests.workspaces import lines, make_workspace, row, run_all


def recall(root: Path, text: str, kind: WithdrawalKind | None = None) -> Recall:
    """Recall in the workspace at `root`."""
    return open_recall(open_workspace(root), text, kind)


def touched(found: Recall, *, now: bool = False) -> set[tuple[str, tuple[str, ...], Relation]]:
    """Return set, runs and relation of the touched rows, or of those that stand now."""
    rows = found.rows()
    return {(r.set, r.runs, r.relation) for r in rows if r.is_current or not now}


def test_a_run_is_found_in_every_set_that_holds_it(root: Path) -> None:
    """Evidence, scored, RAG, SFT and the pair; the other side of the pair alone is not."""
    with recall(root, "agents/a") as found:
        assert found.exit_code == 0
        own = Relation.OWN
        assert touched(found) == {
            ("evidence", ("agents/a",), own),
            ("scored", ("agents/a",), own),
            ("rag", ("agents/a",), own),
            ("sft", ("agents/a",), own),
            ("preference", ("agents/a", "agents/b"), own),
        }
        assert found.logs() == ("logs/a.jsonl",)
        (sample,) = (row.sample for row in found.rows() if row.set == "sft")
    assert sample is not None
    assert sample.startswith("sft-")


def test_a_refused_run_is_found_in_quarantine(root: Path) -> None:
    """A rejected run is in no set but evidence and scored; its refusals and its pair tell of it."""
    with recall(root, "agents/b") as found:
        sets = {name for name, *_ in touched(found)}
    assert sets == {"evidence", "scored", "rag quarantine", "sft quarantine", "preference"}


def test_a_file_is_found_by_place_and_shared_runs_are_told(root: Path) -> None:
    """A run merged from two files is of both; a run of this file alone is its own."""
    with recall(root, "logs/b.jsonl") as found:
        rows = touched(found)
    assert ("sft", ("agents/d",), Relation.OWN) in rows
    assert ("sft", ("agents/c",), Relation.SHARED) in rows
    assert ("scored", ("agents/c",), Relation.SHARED) in rows
    assert not any("agents/a" in runs for _, runs, _ in rows)


def test_a_pair_is_of_the_file_of_either_side(root: Path) -> None:
    """Both sides of the pair stand in one file, so the pair is its own."""
    with recall(root, "logs/a.jsonl") as found:
        assert ("preference", ("agents/a", "agents/b"), Relation.OWN) in touched(found)


def test_a_source_is_found_with_its_files(root: Path) -> None:
    """All its runs, in older and present versions, and nothing of the other source."""
    with recall(root, "others") as found:
        rows = touched(found)
        assert {runs for name, runs, _ in rows if name == "evidence"} == {
            ("others/x",),
            ("others/y1",),
        }
        assert found.logs() == ("more/c.jsonl",)
        assert not any("agents" in run for _, runs, _ in rows for run in runs)


def test_a_file_is_named_as_it_is_seen_from_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path relative to the current folder means the recorded one."""
    monkeypatch.chdir(root / "logs")
    with recall(root, "a.jsonl") as found:
        assert found.target.name == "logs/a.jsonl"


def test_a_version_that_was_replaced_is_still_told_of(root: Path) -> None:
    """A run whose record left the log stands in older versions alone; receipts say which."""
    (root / "logs/a.jsonl").write_bytes(lines([row("t1", "wrong", False, id="b")]))
    run_all(open_workspace(root))
    with recall(root, "agents/a") as found:
        assert touched(found, now=True) == set()
        assert {name for name, *_ in touched(found)} >= {"evidence", "sft", "preference"}
        receipts = list(found.receipts())
    assert receipts
    assert not any(receipt.is_current for receipt in receipts)


def test_a_file_of_verdicts_touches_the_runs_that_it_judges(root: Path) -> None:
    """A review's text is in no row, but the run has its verdict from there."""
    with (root / "distill.toml").open("a") as file:
        file.write(
            '\n[sources.kim]\nkind = "reviews"\npaths = ["reviews/*.jsonl"]\n'
            'verdicts_for = "agents"\n'
        )
    content = _content(root)
    review = {"run": "agents/d", "content_digest": content, "decision": "rejected"}
    review |= {"time": "2026-11-02T09:00:00Z", "note": "", "reviewer": "kim"}
    (root / "reviews").mkdir()
    (root / "reviews/kim.jsonl").write_bytes(lines([review]))
    run_all(open_workspace(root))
    for name in ("reviews/kim.jsonl", "kim"):
        with recall(root, name) as found:
            assert ("evidence", ("agents/d",), Relation.VERDICT) in touched(found)
            assert ("scored", ("agents/d",), Relation.VERDICT) in touched(found)


def _content(root: Path) -> str:
    for line in (root / "data/evidence/agents/part-00000.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        if record["run_id"] == "agents/d":
            return str(record["content_digest"])
    raise AssertionError


def test_an_inherited_category_is_told_as_such(tmp_path: Path) -> None:
    """An extraction holds no text of its parent, but its category comes from there."""
    toml = CONFIGURATION.replace('run_id = "/id"\n', 'run_id = "/id"\nsubject = "/file"\n', 1)
    toml += '[sources.facts]\nkind = "distilled_facts"\npaths = ["facts.jsonl"]\n'
    toml += 'role = "train"\nlicence = "MIT"\n'
    files = {
        "logs/a.jsonl": lines([row("t1", "x", id="a", file="t1.py")]),
        "more/c.jsonl": lines([row("t9", "elsewhere", id="x")]),
        "facts.jsonl": lines([{"fact_id": "f1", "fact": "A fact.", "file": "t1.py"}]),
    }
    run_all(make_workspace(tmp_path, toml, files))
    with recall(tmp_path, "agents/a") as found:
        assert ("scored", ("facts/f1",), Relation.PARENT) in touched(found)
        assert not any(v.path.startswith("data/evidence/facts") for v in found.held_by())


def test_the_same_content_under_another_id_is_told(root: Path) -> None:
    """A withdrawal by id would leave it, so a person has to know."""
    with (root / "more/c.jsonl").open("ab") as log:
        log.write(lines([row("t3", "alone", id="twin")]))
    (root / "distill.toml").write_text(
        CONFIGURATION.replace("[sources.others]", '[sources.others]\ndataset = "agents"')
    )
    run_all(open_workspace(root))
    with recall(root, "agents/d") as found:
        assert list(found.twins()) == ["agents/twin"]


def test_what_is_gone_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 11: a version whose bytes are gone may have held the run."""
    gone = _replaced(root, "exports/rag/train-00000.jsonl")
    gone.unlink()
    assert main(["recall", "agents/a", "--workspace", str(root)]) == 11
    assert gone.name in capsys.readouterr().out


def test_what_can_not_have_held_it_is_not_missed(root: Path) -> None:
    """A file that came later was read by no evidence from which the gone version was made."""
    gone = _replaced(root, "exports/rag/train-00000.jsonl")
    (root / "logs/later.jsonl").write_bytes(lines([row("t5", "late", id="late")]))
    run_all(open_workspace(root))
    gone.unlink()
    with recall(root, "logs/later.jsonl") as found:
        assert found.exit_code == 0
    with recall(root, "logs/a.jsonl") as found:
        assert [version.blake3 for version in found.gone()] == [gone.name]


def test_a_changed_version_is_refused(root: Path) -> None:
    """Bytes that are not those of their name tell nothing."""
    kept = _replaced(root, "exports/rag/train-00000.jsonl")
    kept.chmod(0o644)
    kept.write_bytes(b"{}\n")
    with pytest.raises(VerificationError, match=kept.name):
        recall(root, "agents/a")


def _replaced(root: Path, path: str) -> Path:
    """Return where the older version of an output lies."""
    for receipt in open_workspace(root).receipts.all():
        for entry in receipt.claim.outputs:
            place = root / "data/objects" / entry.blake3.hex
            if entry.path == path and place.exists():
                return place
    raise AssertionError(path)


def test_a_release_is_told_with_its_rows_and_raw_logs(root: Path) -> None:
    """What was released holds rows of the run, and the log itself."""
    make_release(open_workspace(root), "jan", [])
    with recall(root, "agents/a") as found:
        (release,) = found.releases()
    assert release.name == "jan"
    assert release.rows["sft"] == 1
    assert release.logs == ("logs/a.jsonl",)


def test_a_release_without_the_raw_logs_holds_rows_alone(root: Path) -> None:
    """What was withheld was not sent."""
    make_release(open_workspace(root), "jan", ["raw", "evidence"])
    with recall(root, "agents/a") as found:
        (release,) = found.releases()
    assert release.logs == ()
    assert set(release.rows) == {"rag", "sft", "preference"}


BAD: dict[str, tuple[str, WithdrawalKind | None]] = {
    "nothing": ("", None),
    "unknown": ("nobody", None),
    "prefix-of-many": ("agents/", None),
    "a-source-as-a-run": ("others", WithdrawalKind.FILE),
    "no-log": ("distill.toml", None),
    "a-folder": ("logs", None),
    "outside": ("../../etc/passwd", None),
}


@pytest.mark.parametrize("name", BAD)
def test_a_text_that_names_nothing_or_many_is_refused(root: Path, name: str) -> None:
    """Nothing is recalled by guess."""
    with pytest.raises(ConfigurationError):
        recall(root, *BAD[name])


def test_a_prefix_or_logged_id_names_one_run(root: Path) -> None:
    """The part after the dataset does, whole; a beginning does if it is unique."""
    for text in ("a", "agents/a", "y1", "others/y"):
        with recall(root, text) as found:
            assert found.target.name in {"agents/a", "others/y1"}


def test_the_command_lists_rows_for_programs(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON document; each row names the receipts of the versions that held it."""
    assert main(["recall", "agents/a", "--json", "--workspace", str(root)]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["sets"]["sft"] == {"ever": 1, "now": 1}
    (pair,) = (r for r in found["rows"] if r["set"] == "preference")
    assert pair["runs"] == ["agents/a", "agents/b"]
    known = {receipt.digest.hex for receipt in open_workspace(root).receipts.all()}
    assert set(pair["receipts"]) <= known
