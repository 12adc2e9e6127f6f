"""A release whose maker lies in it, and signs: `verify.sh` and `distill verify` see the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.cli.main import main
from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED, EXIT_USAGE
from distill.receipts.canonical import dumps
from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.signing import KeyPair
from distill.receipts.release_manifest import MANIFEST, SIGNATURES
from distill.receipts.verify.release import verify_release
from distill.release.assemble import signatures
from distill.release.making import make_release
from distill.workspace.project import open_workspace
from tests.tamper.forging import own_keys
from tests.tamper.script import run_script

ROWS = "exports/sft/train-00000.jsonl"


@pytest.fixture(scope="module")
def made(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KeyPair]:
    """A signed release that withholds the raw logs, writable, and the key of its maker."""
    base = tmp_path_factory.mktemp("made")
    shutil.copytree(built, base / "base")
    project = open_workspace(base / "base/work")
    init_keys(project.workspace)
    release = make_release(project, "v1", ["raw"]).folder
    for path in (release, *release.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return release, own_keys(project.root)


@pytest.fixture
def folder(made: tuple[Path, KeyPair], tmp_path: Path) -> Path:
    """A copy of the release, alone in an empty place."""
    return shutil.copytree(made[0], tmp_path / "received")


def withhold(manifest: dict[str, Any], path: str, kind: str) -> None:
    """Take a file out of the manifest's files, and call it withheld."""
    (file,) = [one for one in manifest["files"] if one["path"] == path]
    manifest["files"].remove(file)
    manifest["withheld"].append({**file, "class": kind})
    manifest["withheld"].sort(key=lambda one: one["path"].encode())


def withhold_nothing_known(manifest: dict[str, Any]) -> None:
    """Withhold a file that no receipt names."""
    manifest["withheld"].append({**manifest["withheld"][0], "path": "zz/never.jsonl"})


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a set is withheld as evidence": lambda m: withhold(m, ROWS, "evidence"),
    "a set is withheld as raw": lambda m: withhold(m, ROWS, "raw"),
    "a page is withheld": lambda m: withhold(m, "START-HERE.md", "raw"),
    "a file of no receipt is withheld": withhold_nothing_known,
    "another class": lambda m: m["withheld"][0].update({"class": "evidence"}),
    "another size": lambda m: m["withheld"][0].update(bytes=1),
    "another BLAKE3": lambda m: m["withheld"][0].update(blake3="0" * 64),
    "another SHA-256": lambda m: m["withheld"][0].update(sha256="0" * 64),
    "an unknown field": lambda m: m["withheld"][0].update(why="secret"),
    "a time that is none": lambda m: m.update(created_at="yesterday"),
    "an expectation that is none": lambda m: m.update(expect=[{"name": "rows"}]),
    "a former release that is none": lambda m: m.update(previous={"name": "v0"}),
    "files in another order": lambda m: m["files"].reverse(),
    "a file twice": lambda m: m["files"].append(m["files"][-1]),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_that_the_maker_signed(
    folder: Path, made: tuple[Path, KeyPair], lie: Callable[[dict[str, Any]], object]
) -> None:
    """What the manifest withholds is what the receipts name so; it has the form to the letter."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    lie(manifest)
    content = dumps(manifest) + b"\n"
    for name, written in {MANIFEST: content, **signatures(content, made[1])}.items():
        (folder / name).write_bytes(written)
    for one in manifest["withheld"]:
        (folder / one["path"]).unlink(missing_ok=True)
    assert verify_release(folder).exit_code == EXIT_TAMPERED
    verdict = run_script(folder)
    assert verdict.code == EXIT_TAMPERED
    assert any(line.startswith(MANIFEST) for line in verdict.faults)


@pytest.mark.parametrize("put", ["nothing", "a link", "a folder"])
def test_without_its_manifest_it_is_no_workspace(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: str
) -> None:
    """Else a file could be added to a release, by taking away what names its files."""
    (folder / MANIFEST).rename(tmp_path / MANIFEST)
    if put == "a link":
        (folder / MANIFEST).symlink_to(tmp_path / MANIFEST)
    elif put == "a folder":
        (folder / MANIFEST).mkdir()
    verdict = run_script(folder)
    assert verdict.code == EXIT_TAMPERED
    assert MANIFEST in "\n".join(verdict.faults)
    monkeypatch.chdir(folder)
    assert main(["verify"]) == EXIT_TAMPERED


def test_without_manifest_and_signatures_it_cannot_be_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no release and has no configuration either is not judged as a workspace."""
    for name in (MANIFEST, *SIGNATURES):
        (folder / name).unlink()
    verdict = run_script(folder)
    assert verdict.code == EXIT_INCOMPLETE
    assert verdict.unchecked[0].startswith(MANIFEST)
    monkeypatch.chdir(folder)
    assert main(["verify"]) == EXIT_USAGE


def test_the_verdict_names_the_release(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older release in a folder with a newer one's name is told by the last line."""
    renamed = folder.rename(folder.with_name("v2"))
    assert run_script(renamed).last.endswith(" files of the release v1; withheld: 2")
    monkeypatch.chdir(renamed)
    assert main(["verify"]) == EXIT_OK
    assert "sound: the release v1, " in capsys.readouterr().out
    assert main(["verify", "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["release"] == "v1"
