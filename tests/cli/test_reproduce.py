"""`distill reproduce`: what it prints for people and for programs."""

import json
import shutil
from pathlib import Path

import pytest

from distill.cli import main
from tests.receipts.reproduce.project import RANDOM, RANDOM_CALLS, UP_CALL, lay_out


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a sound stage and a random one."""
    mine = lay_out(tmp_path_factory.mktemp("cli") / "mine")
    mine.write("mine/lots.py", RANDOM)
    mine.commit()
    mine.call(UP_CALL)
    mine.call(RANDOM_CALLS["lots"], module="mine.lots")
    return mine.root


def test_a_person_reads_a_verdict(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The receipt, where the code came from, and one line for the end."""
    assert main(["reproduce", "up", "--workspace", str(root)]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("up: receipt ")
    assert second.startswith("  ran from the commit ")
    assert last == "reproduced: 2 of 2 outputs have the recorded bytes"


def test_a_person_sees_where_files_part(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Offset, line and record, and both texts one below the other; 10."""
    assert main(["reproduce", "lots", "--workspace", str(root)]) == 10
    printed = capsys.readouterr().out
    assert "differs: out/lots.jsonl\n  first at byte " in printed
    assert ", line 2, record 1\n" in printed
    assert '    recorded  {"a": 2}0.' in printed
    assert '    made      {"a": 2}0.' in printed
    assert printed.endswith("NOT REPRODUCED: 0 of 1 outputs have the recorded bytes\n")


def test_a_program_reads_one_document(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json says the same, and nothing else is printed."""
    assert main(["reproduce", "lots", "--json", "--workspace", str(root)]) == 10
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["exit_code"], told["stage"]) == ("not reproduced", 10, "lots")
    (difference,) = told["differences"]
    assert difference["first"]["line"] == 2
    assert (told["environment"], told["claim"], told["scratch"]) == ([], [], None)


def test_a_release_is_run_again_from_itself(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of a release is enough, with a checkout of the code."""
    release = tmp_path / "release"
    for name in ("receipts", "logs", "out"):
        shutil.copytree(root / name, release / name)
    (release / "release.json").touch()
    told = ["reproduce", "up", "--workspace", str(release), "--code", str(root)]
    assert main(told) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("reproduced: 2 of 2")


def test_wrong_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that means nothing is 2, with what there is."""
    assert main(["reproduce", "nothing", "--workspace", str(root)]) == 2
    told = capsys.readouterr().err
    assert "error: 'nothing' is neither a stage" in told
    assert "hint: stages with receipts: lots, up" in told


def test_an_empty_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing ran there is nothing to run again."""
    (tmp_path / "distill.toml").touch()
    assert main(["reproduce", "up", "--workspace", str(tmp_path)]) == 2
    assert "stages with receipts: none" in capsys.readouterr().err
