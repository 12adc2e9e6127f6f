"""What is built carries the commit that it was built from, and claims no more than is true."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.receipts.repositories import git

BUILD = "import sys, setuptools.build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
LOOK = """
import json
from distill.receipts.code.closure import closure_of
from distill.receipts.git.code_state import code_state
from distill.receipts.code.modules import module_of
from distill.stages.sft import write_sft
module = module_of(write_sft.__wrapped__)
state = code_state(module.file, module.root, tuple(closure_of(module).files))
print(json.dumps([state.state, state.commit, state.from_wheel]))
"""


def copy_sources(repository: Path, folder: Path) -> None:
    """Copy all that a build reads; links stay links, with what they lead to."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(repository / "distill", folder / "distill", symlinks=True, ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(repository / name, folder / name)
    for link in (path for path in (folder / "distill").rglob("*") if path.is_symlink()):
        target = Path(os.path.normpath(link.parent / link.readlink()))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / target.relative_to(folder), target)


@pytest.fixture
def sources(repository: Path, tmp_path: Path) -> Path:
    """The sources of a build, committed."""
    folder = tmp_path / "sources"
    copy_sources(repository, folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def build(what: str, sources: Path, into: Path) -> Path:
    """Build a wheel or an sdist and return it."""
    into.mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{what}", str(into)],
        cwd=sources,
        check=True,
        capture_output=True,
    )
    (made,) = into.iterdir()
    return made


def look(installed: Path) -> list[object]:
    """Return what code that is installed in a folder says of its own state."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    state: list[object] = json.loads(done.stdout)
    return state


def test_an_installed_wheel_tells_its_commit(sources: Path, tmp_path: Path) -> None:
    """Clean as long as its files are the wheel's own; the sources stay as they are."""
    wheel = build("wheel", sources, tmp_path / "wheel")
    assert not (sources / "distill/_commit.txt").exists()
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(installed), str(wheel)], check=True)
    commit = git(sources, "rev-parse", "HEAD")
    assert look(installed) == ["clean", commit, True]
    for name in ("distill/exports/sft.py", "distill/receipts/execution.py"):
        path = installed / name
        content = path.read_bytes()
        path.write_bytes(content + b"edited = True\n")
        assert look(installed) == ["dirty", commit, True]
        path.write_bytes(content)
    line = installed / "distill/_commit.txt"
    line.write_text(line.read_text().replace(commit, "1" * 40))
    assert look(installed)[2] is False


def test_an_sdist_brings_the_commit(sources: Path, tmp_path: Path) -> None:
    """A wheel that is built of it, where there is no git, says what one of the checkout says."""
    packed = build("sdist", sources, tmp_path / "sdist")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    wheel = build("wheel", unpacked, tmp_path / "wheel")
    line = zipfile.ZipFile(wheel).read("distill/_commit.txt").decode()
    assert line.split()[:2] == [git(sources, "rev-parse", "HEAD"), "clean"]
    assert line == (unpacked / "distill/_commit.txt").read_text()
    assert setup_of(sources).commit_line(setup_of(sources).package_files(sources)) == line
    (unpacked / "distill/errors.py").write_text("edited = True\n")
    assert told(unpacked) == "dirty"


def setup_of(folder: Path) -> ModuleType:
    """Return the setup.py of a folder as a module."""
    spec = importlib.util.spec_from_file_location("setup_under_test", folder / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(folder: Path, package: Path | None = None) -> str | None:
    """Return what a build of a folder would say: clean, dirty, or nothing."""
    setup = setup_of(folder)
    line = setup.commit_line(setup.package_files(package or folder))
    return None if line is None else str(line.split()[1])


def edit(sources: Path) -> None:
    """An edited module."""
    with (sources / "distill/errors.py").open("a") as file:
        file.write("# a comment\n")


def stage(sources: Path) -> None:
    """An edit that is staged."""
    edit(sources)
    git(sources, "add", "-A")


def hide(sources: Path) -> None:
    """An edit that git was told not to look at."""
    git(sources, "update-index", "--assume-unchanged", "distill/errors.py")
    edit(sources)


def add(sources: Path) -> None:
    """A module that is not tracked, and ignored."""
    (sources / ".git/info/exclude").write_text("new.py\n")
    (sources / "distill/new.py").touch()


def remove(sources: Path) -> None:
    """A module that is gone."""
    (sources / "distill/py.typed").unlink()
    (sources / "distill/errors.py").unlink()


def rewrite_recipe(sources: Path) -> None:
    """Another way of building."""
    with (sources / "pyproject.toml").open("a") as file:
        file.write("\n")


def turn_link(sources: Path) -> None:
    """A link of the commit that leads to something else."""
    link = next(path for path in (sources / "distill").rglob("*") if path.is_symlink())
    link.unlink()
    link.symlink_to(sources / "README.md")


def replace(sources: Path) -> None:
    """A commit that git shows in another's place."""
    first = git(sources, "rev-parse", "HEAD")
    edit(sources)
    git(sources, "commit", "-qam", "two")
    git(sources, "replace", first, "HEAD")
    git(sources, "reset", "-q", "--soft", first)


@pytest.mark.parametrize(
    "how",
    [edit, stage, hide, add, remove, rewrite_recipe, turn_link, replace],
    ids=lambda how: how.__name__,
)
def test_other_files_than_the_commits(sources: Path, how: Callable[[Path], None]) -> None:
    """Whatever git's status says of it, a file that is not the commit's makes it dirty."""
    assert told(sources) == "clean"
    how(sources)
    assert told(sources) == "dirty"


def test_what_is_not_built_does_not_count(sources: Path) -> None:
    """Compiled files, and files beside the package, are no part of what is built."""
    (sources / "distill/__pycache__").mkdir(exist_ok=True)
    (sources / "distill/__pycache__/errors.cpython-311.pyc").touch()
    (sources / "notes.txt").touch()
    assert told(sources) == "clean"


def test_left_over_files_of_a_former_build(sources: Path, tmp_path: Path) -> None:
    """A module that only the build folder still holds is packed, so it counts."""
    shutil.copytree(sources / "distill", tmp_path / "lib/distill")
    assert told(sources, tmp_path / "lib") == "clean"
    (tmp_path / "lib/distill/removed_long_ago.py").touch()
    assert told(sources, tmp_path / "lib") == "dirty"


def test_where_nobody_can_tell(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git, without a commit, or below somebody else's checkout, nothing is claimed."""
    monkeypatch.setenv("GIT_DIR", str(sources / ".git"))
    (sources / ".git").rename(sources / "no-git")
    assert told(sources) is None
    monkeypatch.delenv("GIT_DIR")
    git(sources.parent, "init", "-q")
    git(sources.parent, "add", "-A")
    git(sources.parent, "commit", "-qm", "somebody else's")
    assert told(sources) is None
    git(sources, "init", "-q")
    assert told(sources) is None
    monkeypatch.setenv("PATH", "")
    assert told(sources) is None


@pytest.mark.parametrize("line", ["", "abc clean\n", "1" * 40 + " fine " + "2" * 64 + "\n"])
def test_an_odd_line_claims_nothing(sources: Path, line: str) -> None:
    """What is no line of ours is not carried on."""
    shutil.rmtree(sources / ".git")
    (sources / "distill/_commit.txt").write_text(line)
    assert told(sources) is None
