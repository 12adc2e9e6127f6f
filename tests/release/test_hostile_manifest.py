"""A `release.json` that is no manifest: no reader waits, follows a link or fills the memory."""

import os
import shutil
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.cli.main import main
from distill.errors import EXIT_TAMPERED, EXIT_USAGE, VerificationError
from distill.receipts.ledger.keys import init_keys
from distill.receipts.manifest_file import manifest_in
from distill.release.attesting import attest
from distill.release.making import make_release
from distill.release.received import receive
from distill.workspace.project import open_workspace

HUGE = 100 * 2**20
MANIFEST = "release.json"


@pytest.fixture(scope="module")
def attested(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed workspace with a release and its attestation, writable, not to be touched."""
    base = tmp_path_factory.mktemp("attested") / "base"
    shutil.copytree(built, base)
    project = open_workspace(base / "work")
    init_keys(project.workspace)
    make_release(project, "v1", [])
    attest(project.workspace, "v1")
    for path in (base / "work/releases").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return base


@pytest.fixture
def work(attested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current folder."""
    shutil.copytree(attested, tmp_path / "base")
    monkeypatch.chdir(tmp_path / "base/work")
    return tmp_path / "base/work"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """A reader that waits for a pipe's writer fails, and does not hold up the other tests."""

    def give_up(*_: object) -> None:
        raise AssertionError("it waited")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(HUGE)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


#: What stands in the place of the manifest, and how the error tells it.
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (_pipe, "it is a pipe"),
    "100 MB": (_huge, "it is more than 67108864 bytes"),
    "a folder": (_folder, "it is a folder"),
    "a link": (_link, "it is a link"),
}
#: Every command that reads the manifest of a release, with its exit code.
READERS = {
    "verify-attestation": ["verify-attestation", "releases/v1.attestation.json"],
    "verify-attestation of a folder": [
        *("verify-attestation", "releases/v1.attestation.json", "releases/v1"),
    ],
    "attest": ["attest", "v1", "--output", "new.json"],
    "diff": ["diff", "v1"],
    "recall": ["recall", "agents", "--as", "source"],
    "prune": ["prune"],
    "release": ["release", "v2"],
}


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_each_command_names_the_file(
    work: Path, capsys: pytest.CaptureFixture[str], reader: str, hostile: str
) -> None:
    """No command takes it for a manifest, or for no release at all: the file is named, exit 10."""
    spoil, told = HOSTILE[hostile]
    spoil(work / "releases/v1" / MANIFEST)
    code = main(READERS[reader])
    said = capsys.readouterr().err
    assert code == EXIT_TAMPERED, said
    assert f"releases/v1/{MANIFEST}" in said
    if reader != "release":  # it verifies the workspace first, and says it in other words
        assert told in said


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("flags", [["releases/v1"], []])
def test_verify_names_the_file(
    work: Path, capsys: pytest.CaptureFixture[str], hostile: str, flags: list[str]
) -> None:
    """Of the release alone, and of the workspace that holds it."""
    spoil, told = HOSTILE[hostile]
    spoil(work / "releases/v1" / MANIFEST)
    assert main(["verify", *flags]) == EXIT_TAMPERED
    said = capsys.readouterr().out
    assert MANIFEST in said
    assert told.removeprefix("it is ") in said


def test_of_a_huge_file_nothing_is_read(work: Path) -> None:
    """The size is asked for first."""
    _huge(work / "releases/v1" / MANIFEST)
    tracemalloc.start()
    try:
        with pytest.raises(VerificationError, match="more than"):
            manifest_in(work / "releases/v1")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_manifest_that_is_gone(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without one is no release; a reader that is led to it all the same says so."""
    (work / "releases/v1" / MANIFEST).unlink()
    assert main(READERS["verify-attestation"]) == EXIT_USAGE
    assert main(READERS["attest"]) == EXIT_USAGE
    capsys.readouterr()
    with pytest.raises(VerificationError, match="is missing"):
        manifest_in(work / "releases/v1")


def test_other_bytes_are_named_too(work: Path) -> None:
    """What is no manifest is told with the path, not as any release.json."""
    path = work / "releases/v1" / MANIFEST
    path.write_bytes(b"{}\n")
    with pytest.raises(VerificationError) as caught:
        receive(path.parent)
    assert caught.value.message.startswith(f"{path} is no manifest: ")


@pytest.mark.parametrize("hostile", ["a pipe", "a folder", "a link"])
def test_the_ledger_of_a_sent_folder(
    work: Path, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    """The keys are read from the folder's log: it is opened with the same care."""
    spoil, told = HOSTILE[hostile]
    spoil(work / "releases/v1/receipts/ledger/log.jsonl")
    assert main(READERS["verify-attestation"]) == EXIT_TAMPERED
    said = capsys.readouterr().err
    assert "releases/v1/receipts/ledger/log.jsonl" in said
    assert told in said


@pytest.mark.parametrize("hostile", ["a pipe", "a folder", "a link"])
def test_the_ledger_of_a_workspace(
    work: Path, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    """No command waits for a pipe in the place of the log."""
    spoil, told = HOSTILE[hostile]
    spoil(work / "receipts/ledger/log.jsonl")
    assert main(["ledger"]) == EXIT_TAMPERED
    said = capsys.readouterr().err
    assert "receipts/ledger/log.jsonl" in said
    assert told in said


def test_a_line_of_the_sent_ledger_that_is_none(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line is named."""
    log = work / "releases/v1/receipts/ledger/log.jsonl"
    log.write_bytes(log.read_bytes() + b"{}\n")
    assert main(READERS["verify-attestation"]) == EXIT_TAMPERED
    assert f"{log.relative_to(work)}: line " in capsys.readouterr().err


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_attestation_that_is_none(
    work: Path, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    """The attestation was sent too."""
    spoil, _ = HOSTILE[hostile]
    spoil(work / "releases/v1.attestation.json")
    assert main(READERS["verify-attestation"]) == EXIT_USAGE
    assert "releases/v1.attestation.json can't be read" in capsys.readouterr().err
