"""A release on a machine that has nothing: its own verify.sh checks it, and misses no change."""

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.verify.release import verify_release
from tests.tamper.changes import put
from tests.tamper.script import run_script

WITHHELD = {
    "whole": 0,
    "without raw logs": 2,
    "without logs and evidence": 5,
    "unsigned": 0,
}
SEED = 20260131


@pytest.fixture
def whole(releases: dict[str, Path], tmp_path: Path) -> Path:
    """A writable copy of the whole release, far from its workspace."""
    return copy(releases["whole"], tmp_path)


def copy(release: Path, folder: Path) -> Path:
    """Copy a release as unzipping does: its bytes, writable."""
    place = folder / "received"
    shutil.copytree(release, place, copy_function=shutil.copyfile)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return place


@pytest.mark.parametrize("name", WITHHELD)
def test_it_is_checked_where_there_is_nothing(
    releases: dict[str, Path], tmp_path: Path, bare_path: Path, name: str
) -> None:
    """No Python, no b3sum, no home, no workspace: sh, jq, openssl and what POSIX has."""
    place = copy(releases[name], tmp_path)
    done = subprocess.run(
        [bare_path / "sh", "receipts/verify.sh"],
        cwd=place,
        env={"PATH": str(bare_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert last.startswith("SOUND: 9 receipts, ")
    assert last.endswith(f"; withheld: {WITHHELD[name]}") == bool(WITHHELD[name])
    assert verify_release(place).exit_code == 0


def test_another_file_that_is_absent_is_11(releases: dict[str, Path], tmp_path: Path) -> None:
    """What no list withholds is missed, and named."""
    place = copy(releases["without raw logs"], tmp_path)
    (place / "exports/sft/train-00000.jsonl").unlink()
    verdict = run_script(place)
    assert verdict.code == 11
    assert any("exports/sft/train-00000.jsonl" in line for line in verdict.unchecked)


def test_a_withheld_file_that_is_there_after_all(releases: dict[str, Path], tmp_path: Path) -> None:
    """A folder that holds what its signed list says it leaves out is not that release."""
    place = copy(releases["without raw logs"], tmp_path)
    (place / "logs").mkdir()
    shutil.copy(releases["whole"] / "logs/a.jsonl", place / "logs/a.jsonl")
    assert run_script(place).code == verify_release(place).exit_code == 10


def test_every_file_of_a_release_counts(whole: Path, is_full_run: bool) -> None:
    """A flipped bit of any file is found and named, and so is a file that is gone or added."""
    dice = random.Random(SEED)  # noqa: S311
    names = sorted(p.relative_to(whole).as_posix() for p in whole.rglob("*") if p.is_file())
    tried = names if is_full_run else dice.sample(names, 15)
    by_script = tried if is_full_run else tried[:3]
    for name in tried:
        content = (whole / name).read_bytes()
        for changed in _changes(content, dice):
            _set(whole / name, changed)
            told = [_by_library(whole)]
            told += [_by_script(whole)] if name in by_script else []
            for code, text in told:
                assert code in {10, 11}, name
                assert name in text, (name, text)
        put(whole / name, content)
    assert run_script(whole).code == 0


@pytest.mark.parametrize("name", ["added", "exports/sft/.hidden", "receipts/objects/zz"])
def test_an_added_file_is_named(whole: Path, name: str) -> None:
    """Nothing lies in a release that its manifest does not name."""
    (whole / name).write_text("x")
    for code, told in (_by_script(whole), _by_library(whole)):
        assert (code, name in told) == (10, True)


SIGNATURES = {
    "all are taken away": lambda place: [p.unlink() for p in place.glob("release.json.*")],
    "one is of another release": lambda place: shutil.copy(
        place / "receipts/ledger/checkpoints/0000000000000020.p256", place / "release.json.p256"
    ),
    "the SSH one is written another way": lambda place: (place / "release.json.sig").write_text(
        (place / "release.json.sig").read_text() + "\n"
    ),
}


@pytest.mark.parametrize("change", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_signatures_of_the_manifest(whole: Path, change: Callable[[Path], object]) -> None:
    """A release whose ledger has a key is signed in all three ways, in one spelling."""
    change(whole)
    assert _by_script(whole)[0] == _by_library(whole)[0] == 10


def _changes(content: bytes, dice: random.Random) -> list[bytes | None]:
    if not content:
        return [None]
    flipped = bytearray(content)
    flipped[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return [bytes(flipped), None]


def _set(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        put(path, content)


def _by_script(place: Path) -> tuple[int, str]:
    verdict = run_script(place)
    return verdict.code, "\n".join(verdict.findings)


def _by_library(place: Path) -> tuple[int, str]:
    report = verify_release(place)
    return report.exit_code, "\n".join(f"{fault.path} {fault.meaning}" for fault in report.faults)
