"""`distill diff`: what it prints for people and for programs."""

import json
from pathlib import Path

import pytest

from distill.cli import main
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run, then two."""
    folder = tmp_path_factory.mktemp("diffed")
    configuration = MAPPED + 'run_id = "/id"\n' + VERDICT
    first = row("t1", "right", id="a")
    project = make_workspace(folder, configuration, {"logs/a.jsonl": lines([first])})
    run_all(project)
    (folder / "logs/a.jsonl").write_bytes(lines([first, row("t2", "wrong", False, id="b")]))
    run_all(project)
    return folder


def _first(root: Path) -> str:
    """Return a moment between the two runs."""
    objects = (root / "receipts/objects").glob("*/*")
    ended = sorted(json.loads(path.read_bytes())["run"]["ended_at"] for path in objects)
    return str(ended[4])


def test_a_person_reads_numbers_causes_and_rows(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table has a line a set; --rows names each row with its cause."""
    assert main(["diff", _first(root), "--rows", "added", "--workspace", str(root)]) == 0
    printed = capsys.readouterr().out
    line = next(x for x in printed.splitlines() if x.startswith("evidence  "))
    assert line.split() == ["evidence", "1", "0", "0", "0", "1"]
    assert "added    evidence  agents/b  absent → there  [log: " in printed
    assert "unsafe_sft_category" in printed


def test_a_program_reads_the_rows_themselves(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON document whose rows hold what stood before and what stands now."""
    arguments = ["diff", _first(root), "now", "--rows", "--set", "evidence", "--json"]
    assert main([*arguments, "--workspace", str(root)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == 0
    (told,) = found["rows"]
    assert (told["change"], told["cause"], told["runs"]) == ("added", "log", ["agents/b"])
    assert told["row_before"] is None
    assert told["row_after"]["run_id"] == "agents/b"
    (numbers,) = found["sets"]
    assert numbers["totals"] == {"added": 1, "removed": 0, "changed": 0, "moved": 0, "same": 1}


def test_no_rows_are_an_empty_list(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The document is whole where nothing differs."""
    assert main(["diff", "now", "now", "--rows", "--json", "--workspace", str(root)]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == []


def test_nothing_to_compare_is_wrong_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A typo ends with 2 and says what may be given."""
    assert main(["diff", "last-weak", "--workspace", str(root)]) == 2
    assert "2026-11-24" in capsys.readouterr().err
