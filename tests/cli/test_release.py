"""`distill release`, `attest` and `verify-attestation` as a person and a machine use them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.cli.main import main
from distill.errors import EXIT_CONTRACT, EXIT_INCOMPLETE, EXIT_TAMPERED, EXIT_USAGE
from distill.release.folder import remove_folder
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that ran."""
    root = tmp_path_factory.mktemp("built") / "work"
    logs = lines([row("sort", "Sort it."), row("sort", "Give up.", passed=False)])
    run_all(make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": logs}))
    return root


@pytest.fixture
def work(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it, as the current folder."""
    shutil.copytree(built, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    yield tmp_path / "work"
    for release in list(tmp_path.rglob("release.json")):
        remove_folder(release.parent)


def test_a_person_reads_rows_place_and_signature(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what was released, where it lies and that nobody signed it."""
    assert main(["release", "v1", "--withhold", "raw"]) == 0
    said = capsys.readouterr().out
    assert "withheld: 1" in said
    assert "unsigned: there is no key" in said
    assert str(work / "releases" / "v1") in said


def test_a_machine_reads_one_document(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints what was made, and with --dry-run what would be, which makes nothing."""
    assert main(["keys", "init", "-q"]) == 0
    assert main(["release", "v1", "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert not (work / "releases").exists()
    assert main(["release", "v1", "--json", "--withhold", "raw,evidence"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert planned["rows"] == made["rows"] == {"rag": 1, "sft": 1, "preference": 1}
    assert (planned["dry_run"], planned["withheld"]) == (True, 0)
    assert (made["dry_run"], made["withheld"], made["previous"]) == (False, 4, None)
    assert planned["signed_by"] == made["signed_by"] is not None
    content = json.loads((work / "releases/v1/release.json").read_bytes())
    assert len(content["files"]) == made["files"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["release", "../v1"], EXIT_USAGE, "can't be the name of a release"),
        (["release", "v1", "--withhold", "rwa"], EXIT_USAGE, "did you mean 'raw'?"),
        (["release", "v1", "--withhold", ""], EXIT_USAGE, "unknown class"),
        (["attest", "v1"], EXIT_USAGE, "`distill release NAME` makes one"),
        (["verify-attestation", "none.json"], EXIT_USAGE, "is no release"),
    ],
)
def test_wrong_usage_is_told(
    work: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    """Each mistake ends with its code and says what to do."""
    assert main(arguments) == code
    assert words in capsys.readouterr().err


def test_expectations_have_their_code(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A release that breaks [expect] is refused as a broken contract."""
    path = work / "distill.toml"
    path.write_text(path.read_text() + "\n[expect.least_rows]\nsft = 2\n")
    assert main(["release", "v1"]) == EXIT_CONTRACT
    assert "sft has 1 row; 2 or more are expected" in capsys.readouterr().err


def test_a_release_is_verified_by_its_folder(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Far from the workspace too: sound, then absent (11), then added (10); withheld counts."""
    assert main(["release", "v1", "-q", "--withhold", "raw"]) == 0
    shutil.copytree(work / "releases" / "v1", tmp_path / "sent")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["verify", "sent"]) == 0
    assert "withheld: 1\nsound: the release v1, 5 receipts" in capsys.readouterr().out
    (tmp_path / "sent").chmod(0o755)
    (tmp_path / "sent" / "START-HERE.md").unlink()
    assert main(["verify", "sent", "--json"]) == EXIT_INCOMPLETE
    said = json.loads(capsys.readouterr().out)
    assert [(f["kind"], f["path"]) for f in said["faults"]] == [("file_absent", "START-HERE.md")]
    assert (said["withheld"], said["exit_code"]) == (1, EXIT_INCOMPLETE)
    (tmp_path / "sent" / "more").touch()
    assert main(["verify", "sent"]) == EXIT_TAMPERED
    assert main(["verify", "."]) == EXIT_USAGE


def test_an_attestation_is_made_and_held(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lies beside the release, holds for it and for no other, also by a key kept elsewhere."""
    for words in ("keys init", "release v1", "release v2", "attest v1"):
        assert main([*words.split(), "-q"]) == 0
    file = "releases/v1.attestation.json"
    assert main(["verify-attestation", file]) == 0
    assert "note: the key is the folder's own word" in capsys.readouterr().out
    (key,) = (work / "releases/v1/receipts/keys").glob("*.attestation.pem")
    assert main(["verify-attestation", file, "releases/v1", "--key", str(key)]) == 0
    assert "note:" not in capsys.readouterr().out
    assert main(["verify-attestation", file, "v2"]) == EXIT_TAMPERED
    assert "release.json has another digest" in capsys.readouterr().err
    assert main(["verify-attestation", file, "--key", file]) == EXIT_USAGE
