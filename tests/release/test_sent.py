"""A release that was zipped and sent: checked with nothing but a shell, jq and openssl."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.public_keys import public_pem
from distill.receipts.ledger.signing import new_keys
from distill.release.making import make_release
from distill.workspace.project import open_workspace

TOOLS = (
    *("sh", "awk", "cat", "cmp", "cut", "find", "head", "ls", "mkdir", "od", "rm", "sort", "tail"),
    *("tr", "wc", "xargs"),
    *("jq", "openssl"),
)


@pytest.fixture(scope="module")
def archives(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a zip of three releases: unsigned, signed, and signed without raw logs."""
    base = tmp_path_factory.mktemp("sending") / "base"
    shutil.copytree(built, base)
    project = open_workspace(base / "work")
    make_release(project, "unsigned")
    init_keys(project.workspace)
    made = make_release(project, "whole")
    make_release(project, "without-raw", ["raw"])
    releases = project.root / "releases"
    (base / "key.pem").write_bytes(
        (made.folder / f"receipts/keys/{made.signed_by}.checkpoint.pem").read_bytes()
    )
    (base / "stranger.pem").write_bytes(public_pem(new_keys().checkpoint_public))
    for name in ("unsigned", "whole", "without-raw"):
        shutil.make_archive(str(base / name), "zip", releases, name)
    return base


@pytest.fixture
def bare(tmp_path: Path, require_tool: Callable[[str], str]) -> Callable[..., tuple[int, str]]:
    """Run a release's own script with the tools that it asks for: no Python, no b3sum."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(require_tool(name))

    def run(release: Path, *flags: str) -> tuple[int, str]:
        done = subprocess.run(
            [str(folder / "sh"), "receipts/verify.sh", *flags],
            cwd=release,
            env={"PATH": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize(
    ("name", "withheld"), [("unsigned", ""), ("whole", ""), ("without-raw", "withheld: 2")]
)
def test_it_is_sound_on_a_bare_machine(
    archives: Path, tmp_path: Path, bare: Callable[..., tuple[int, str]], name: str, withheld: str
) -> None:
    """Unpacked where there is no Python, no b3sum and no workspace, it is sound."""
    shutil.unpack_archive(archives / f"{name}.zip", tmp_path / "received")
    release = tmp_path / "received" / name
    code, said = bare(release)
    assert code == 0, said
    last = said.splitlines()[-1]
    assert last.startswith("SOUND: ")
    assert last.endswith(withheld)
    assert ("is not signed" in said) == (name == "unsigned")


def test_a_key_from_elsewhere_decides(
    archives: Path, tmp_path: Path, bare: Callable[..., tuple[int, str]]
) -> None:
    """The maker's key is found again; under a stranger's the release is not sound."""
    shutil.unpack_archive(archives / "whole.zip", tmp_path / "received")
    release = tmp_path / "received" / "whole"
    assert bare(release, "--key", str(archives / "key.pem"))[0] == 0
    code, said = bare(release, "--key", str(archives / "stranger.pem"))
    assert code == 10, said


def test_what_is_lost_or_changed_on_the_way_is_named(
    archives: Path, tmp_path: Path, bare: Callable[..., tuple[int, str]]
) -> None:
    """An absent file can't be checked, a changed or an added one is not sound; each is named."""
    shutil.unpack_archive(archives / "without-raw.zip", tmp_path / "received")
    release = tmp_path / "received" / "without-raw"
    rows = release / "exports/sft/train-00000.jsonl"
    content = rows.read_bytes()
    rows.unlink()
    code, said = bare(release)
    assert (code, "exports/sft/train-00000.jsonl" in said) == (11, True), said
    rows.write_bytes(content.replace(b"user", b"User", 1))
    code, said = bare(release)
    assert (code, "exports/sft/train-00000.jsonl" in said) == (10, True), said
    rows.write_bytes(content)
    (release / "exports/sft/train-00001.jsonl").write_bytes(content)
    code, said = bare(release)
    assert (code, "exports/sft/train-00001.jsonl" in said) == (10, True), said
