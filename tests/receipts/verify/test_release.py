"""Verifying a release: sound anywhere, and every change of it is found and named."""

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED
from distill.receipts.canonical import dumps
from distill.receipts.digest import digest_bytes
from distill.receipts.faults import VerificationReport
from distill.receipts.ledger.keys import init_keys
from distill.receipts.verify import verify_workspace
from distill.receipts.verify.release import verify_release
from distill.release.folder import remove_folder
from distill.release.making import make_release
from distill.workspace.project import Project, open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

ROOTED = (MAPPED + VERDICT).replace("logs/*.jsonl", "outside:2026/*.jsonl")
LOG = lines([row("sort", "Sort it."), row("sort", "Give up.", passed=False)])


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three releases of one workspace, and nothing else around them.

    ``unsigned``, ``whole`` (signed) and ``bare`` (signed, raw logs and evidence withheld).
    """
    base = tmp_path_factory.mktemp("made")
    (base / "outside" / "2026").mkdir(parents=True)
    (base / "outside" / "2026" / "a.jsonl").write_bytes(LOG)
    configuration = f'[roots]\noutside = "../outside"\n\n{ROOTED}'
    project = make_workspace(base / "work", configuration, {})
    run_all(project)
    make_release(project, "unsigned")
    init_keys(project.workspace)
    make_release(project, "whole")
    make_release(project, "bare", ["raw", "evidence"])
    return project.root / "releases"


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return a writable copy of a release, alone in an empty place."""

    def copy(name: str) -> Path:
        place = tmp_path / "elsewhere" / name
        shutil.copytree(released / name, place)
        for path in (place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return place

    yield copy
    shutil.rmtree(tmp_path / "elsewhere", ignore_errors=True)


def paths(release: Path) -> list[str]:
    """Return every file of a release, below its folder."""
    return sorted(p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file())


def names(report: VerificationReport, shown: str) -> bool:
    """Whether a fault names this file, by the name that the release or its receipt has for it."""
    recorded = shown.replace("roots/outside/", "outside:", 1)
    return any(fault.path in {shown, recorded} for fault in report.faults)


def flipped(content: bytes) -> bytes:
    """Return bytes with one bit in the middle changed; of an empty file, a byte."""
    middle = len(content) // 2
    changed = bytes([content[middle] ^ 1]) if content else b"x"
    return content[:middle] + changed + content[middle + 1 :]


@pytest.mark.parametrize(
    ("name", "withheld", "notes"),
    [
        ("unsigned", 0, ["ledger_unsigned"]),
        ("whole", 0, ["keys_not_pinned"]),
        ("bare", 4, ["keys_not_pinned"]),
    ],
)
def test_a_release_is_sound_anywhere(
    folder: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    withheld: int,
    notes: list[str],
) -> None:
    """Moved to an empty place, with no workspace around it, nothing is missed."""
    release = folder(name)
    monkeypatch.chdir(release.parent)
    report = verify_release(Path(name))
    assert (report.exit_code, report.faults) == (EXIT_OK, ())
    assert report.withheld == withheld
    assert [note.kind for note in report.notes] == notes
    assert report.receipts == 5


@pytest.mark.parametrize("name", ["unsigned", "whole", "bare"])
def test_a_changed_byte_of_any_file_is_found_and_named(
    folder: Callable[[str], Path], name: str
) -> None:
    """In every file one bit is flipped, in the middle: 10, and a fault names the file."""
    release = folder(name)
    for shown in paths(release):
        path = release / shown
        content = path.read_bytes()
        path.write_bytes(flipped(content))
        report = verify_release(release)
        assert report.exit_code == EXIT_TAMPERED, shown
        if shown != "release.json" or name == "unsigned":
            assert names(report, shown), (shown, report.faults)
        path.write_bytes(content)
    assert verify_release(release).exit_code == EXIT_OK


@pytest.mark.parametrize("name", ["whole", "bare"])
def test_an_absent_file_is_named(folder: Callable[[str], Path], name: str) -> None:
    """What is gone can't be checked: 11, or 10 where the ledger or a signature misses it."""
    release = folder(name)
    for shown in paths(release):
        content = (release / shown).read_bytes()
        (release / shown).unlink()
        report = verify_release(release)
        is_missed = shown.startswith(("receipts/objects/", "receipts/ledger/", "receipts/keys/"))
        is_missed |= shown.startswith("release.json")
        assert report.exit_code == (EXIT_TAMPERED if is_missed else EXIT_INCOMPLETE), shown
        assert names(report, shown), (shown, report.faults)
        assert {f.path for f in report.faults} == {shown} or is_missed
        (release / shown).write_bytes(content)


@pytest.mark.parametrize(
    "shown",
    [
        "extra.txt",
        ".hidden",
        "exports/sft/train-00001.jsonl",
        "receipts/objects/ab/" + "ab" * 32,
        "receipts/more.sh",
        "data/objects/" + "ab" * 32,
        "roots/other/x.jsonl",
        "distill.toml",
    ],
)
def test_an_added_file_is_found_and_named(folder: Callable[[str], Path], shown: str) -> None:
    """Whatever release.json does not name does not belong there."""
    release = folder("whole")
    (release / shown).parent.mkdir(parents=True, exist_ok=True)
    (release / shown).write_bytes(b"x\n")
    report = verify_release(release)
    assert report.exit_code == EXIT_TAMPERED
    assert names(report, shown)


@pytest.mark.parametrize("shown", ["exports/sft/train-00000.jsonl", "START-HERE.md", "receipts"])
def test_a_link_is_found_and_named(folder: Callable[[str], Path], shown: str) -> None:
    """A link to the very bytes is no part of a release: they could change elsewhere."""
    release = folder("whole")
    (release / shown).rename(release.parent / "aside")
    (release / shown).symlink_to(release.parent / "aside")
    report = verify_release(release)
    assert report.exit_code == EXIT_TAMPERED
    assert names(report, shown)


def test_a_withheld_file_that_is_there_was_added(folder: Callable[[str], Path]) -> None:
    """The list says that it is not in the folder."""
    release = folder("bare")
    shown = "roots/outside/2026/a.jsonl"
    (release / shown).parent.mkdir(parents=True)
    (release / shown).write_bytes(LOG)
    report = verify_release(release)
    assert report.exit_code == EXIT_TAMPERED
    assert names(report, shown)


Edit = Callable[[dict[str, Any]], object]


def _entry(path: str, kind: str) -> dict[str, Any]:
    return {"blake3": "a" * 64, "bytes": 1, "class": kind, "path": path, "sha256": "a" * 64}


LIES: dict[str, Edit] = {
    "another origin": lambda m: m.update(origin="distill/" + "0" * 16),
    "another root": lambda m: m["checkpoint"].update(root="A" * 43 + "="),
    "an older checkpoint": lambda m: m["checkpoint"].update(size=m["checkpoint"]["size"] - 1),
    "a receipt less": lambda m: m["receipts"].pop(),
    "a withheld file that no receipt names": lambda m: m["withheld"].append(_entry("x", "raw")),
    "another size of a set": lambda m: _file(m, "exports/sft/train-00000.jsonl").update(bytes=1),
    "another digest of a set": lambda m: _file(m, "exports/sft/train-00000.jsonl").update(
        blake3="a" * 64
    ),
    "another size of a page": lambda m: _file(m, "START-HERE.md").update(bytes=1),
    "another digest of a page": lambda m: _file(m, "START-HERE.md").update(sha256="a" * 64),
    "a file less": lambda m: m["files"].remove(_file(m, "START-HERE.md")),
    "another list of sums": lambda m: m["files"].remove(_file(m, "B3SUMS")),
}


def _file(manifest: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in manifest["files"] if f["path"] == path)
    return found


@pytest.mark.parametrize("lie", LIES)
def test_a_manifest_that_lies_is_found(folder: Callable[[str], Path], lie: str) -> None:
    """Without a signature the manifest can be written anew; it must still fit all the rest."""
    release = folder("unsigned")
    path = release / "release.json"
    manifest = json.loads(path.read_bytes())
    LIES[lie](manifest)
    path.write_bytes(dumps(manifest) + b"\n")
    assert verify_release(release).exit_code == EXIT_TAMPERED


def test_sums_that_say_otherwise_than_the_manifest_are_found(
    folder: Callable[[str], Path],
) -> None:
    """A list for `b3sum` that was written anew with its digests must say what release.json says."""
    release = folder("unsigned")
    path = release / "release.json"
    manifest = json.loads(path.read_bytes())
    for name in ("B3SUMS", "SHA256SUMS"):
        content = b"".join((release / name).read_bytes().splitlines(keepends=True)[1:])
        (release / name).write_bytes(content)
        _file(manifest, name).update(
            blake3=digest_bytes(content).hex,
            bytes=len(content),
            sha256=sha256(content).hexdigest(),
        )
        path.write_bytes(dumps(manifest) + b"\n")
        report = verify_release(release)
        assert report.exit_code == EXIT_TAMPERED
        assert any(name in fault.meaning for fault in report.faults)


def test_a_deleted_set_can_not_be_called_withheld(folder: Callable[[str], Path]) -> None:
    """Rows and quarantine are in every release; no class lets them be left out."""
    release = folder("unsigned")
    path = release / "release.json"
    manifest = json.loads(path.read_bytes())
    for shown in ("exports/sft/train-00000.jsonl", "quarantine/export_sft.jsonl"):
        entry = _file(manifest, shown)
        manifest["files"].remove(entry)
        manifest["withheld"].append({**entry, "class": "evidence"})
        (release / shown).unlink()
    path.write_bytes(dumps(manifest) + b"\n")
    report = verify_release(release)
    assert report.exit_code == EXIT_TAMPERED
    assert any("withheld" in fault.meaning for fault in report.faults)


def test_signatures_of_another_release_are_found(
    folder: Callable[[str], Path], released: Path
) -> None:
    """A well-made signature over other bytes is wrong, and the signature's file is named."""
    release = folder("whole")
    for kind in ("ed25519", "p256", "sig"):
        shown = f"release.json.{kind}"
        own = (release / shown).read_bytes()
        (release / shown).write_bytes((released / "bare" / shown).read_bytes())
        report = verify_release(release)
        assert [(f.kind, f.path) for f in report.faults] == [("signature_wrong", shown)]
        (release / shown).write_bytes(own)


def test_a_downgrade_to_unsigned_is_found(folder: Callable[[str], Path]) -> None:
    """Once a key was active, a release without signatures is a fault."""
    release = folder("whole")
    for path in release.glob("release.json.*"):
        path.unlink()
    kinds = {fault.kind for fault in verify_release(release).faults}
    assert kinds == {"release_unsigned"}


@pytest.fixture
def work(released: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of the workspace, with its releases."""
    shutil.copytree(released.parent.parent, tmp_path / "base")
    yield open_workspace(tmp_path / "base" / "work")
    for place in list((tmp_path / "base" / "work" / "releases").iterdir()):
        remove_folder(place)


def test_the_workspace_holds_its_releases_against_the_ledger(work: Project) -> None:
    """A release that is not the pinned one, or that no line pins, is named; a moved one is not."""
    releases = work.root / "releases"
    assert verify_workspace(work.workspace).exit_code == EXIT_OK
    remove_folder(releases / "bare")
    assert verify_workspace(work.workspace).exit_code == EXIT_OK
    shutil.copytree(releases / "whole", releases / "other")
    report = verify_workspace(work.workspace)
    assert [(f.kind, f.path) for f in report.faults] == [
        ("release_unledgered", "releases/other/release.json")
    ]
    assert report.exit_code == EXIT_INCOMPLETE
    remove_folder(releases / "other")
    manifest = releases / "whole" / "release.json"
    manifest.chmod(0o644)
    manifest.write_bytes((releases / "unsigned" / "release.json").read_bytes())
    report = verify_workspace(work.workspace)
    assert [(f.kind, f.path) for f in report.faults] == [
        ("release_changed", "releases/whole/release.json")
    ]
    assert report.exit_code == EXIT_TAMPERED
