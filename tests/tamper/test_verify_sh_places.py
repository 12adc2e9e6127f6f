"""receipts/verify.sh: folders that are links, gone, or named wrongly on the command line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from distill.receipts import verify_workspace
from tests.tamper.script import SCRIPT, run_script
from tests.tamper.world import World


def test_a_folder_from_which_all_receipts_were_taken(unsigned: World) -> None:
    """Rows without a ledger are not sound: nothing answers for them."""
    shutil.rmtree(unsigned.path("receipts"))
    unsigned.path("receipts").mkdir()
    assert run_script(unsigned.root).code == verify_workspace(unsigned.workspace).exit_code == 10


@pytest.mark.parametrize("name", ["receipts", "data"])
def test_a_folder_of_the_engine_that_is_a_link(unsigned: World, tmp_path: Path, name: str) -> None:
    """What lies elsewhere can be replaced there, after it was checked."""
    unsigned.path(name).rename(tmp_path / "elsewhere")
    unsigned.path(name).symlink_to(tmp_path / "elsewhere")
    verdict = run_script(unsigned.root)
    assert verdict.code == verify_workspace(unsigned.workspace).exit_code == 10
    assert any(line.startswith(f"{name}: ") for line in verdict.faults)


@pytest.mark.parametrize("left", [[""], ["", ".1"]])
def test_a_folder_that_a_killed_run_left_is_not_used(
    unsigned: World, tmp_path: Path, left: list[str]
) -> None:
    """Its process number comes again: what lies there stays as it is."""
    makes = "".join(f'mkdir "$TMPDIR/distill-verify.$${one}" && ' for one in left)
    done = subprocess.run(
        ["sh", "-c", makes + 'exec sh "$@"', "sh", str(SCRIPT), str(unsigned.root)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    there = [*tmp_path.glob("distill-verify.*")]
    assert len(there) == len(left)
    assert not any([*folder.iterdir()] for folder in there)


def test_without_a_place_for_its_own_files(unsigned: World, tmp_path: Path) -> None:
    """It says what to do, and judges nothing."""
    done = subprocess.run(
        ["sh", str(SCRIPT), str(unsigned.root)],
        env={**os.environ, "TMPDIR": str(tmp_path / "nowhere")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: can't make the folder ")
    assert done.stdout == b""


def test_a_root_that_is_no_pair_is_wrong_usage(unsigned: World) -> None:
    """An option that says nothing is not passed over."""
    done = subprocess.run(["sh", str(SCRIPT), str(unsigned.root), "--root", "logs"], check=False)
    assert done.returncode == 2
