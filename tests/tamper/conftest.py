"""Worlds are built once and copied; building one takes seconds, copying one milliseconds."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.release.folder import remove_folder
from distill.release.making import make_release
from distill.workspace.project import open_workspace
from tests.tamper.script import POSIX_TOOLS
from tests.tamper.world import ROWS, World, build_world


@pytest.fixture(scope="session")
def unsigned_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world without keys, not to be touched."""
    return build_world(tmp_path_factory.mktemp("unsigned"), signed=False)


@pytest.fixture(scope="session")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with keys, not to be touched."""
    return build_world(tmp_path_factory.mktemp("signed"), signed=True)


@pytest.fixture(scope="session")
def doctored_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world made by the true software from other logs, not to be touched."""
    rows = tuple(row | {"answer": f"{row['answer']} Indeed."} for row in ROWS)
    return build_world(tmp_path_factory.mktemp("doctored"), signed=False, rows=rows)


@pytest.fixture
def bare_path(tmp_path: Path, require_tool: Callable[[str], str]) -> Path:
    """A PATH that holds no more than the script asks for: no Python, no b3sum, no shasum."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (*POSIX_TOOLS, "jq", "openssl"):
        (folder / name).symlink_to(require_tool(name))
    return folder


@pytest.fixture
def unsigned(unsigned_once: World, tmp_path: Path) -> World:
    """A copy of the world without keys."""
    return copy_world(unsigned_once, tmp_path / "unsigned")


@pytest.fixture
def signed(signed_once: World, tmp_path: Path) -> World:
    """A copy of the world with keys."""
    return copy_world(signed_once, tmp_path / "signed")


def copy_world(world: World, folder: Path) -> World:
    """Return a copy of the workspace beside the same kept files."""
    shutil.copytree(world.root, folder, symlinks=True)
    return World(folder, world.checkpoint, world.key)


@pytest.fixture(scope="session")
def releases(
    signed_once: World, unsigned_once: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """Releases by what is special of them, not to be touched."""
    folder = tmp_path_factory.mktemp("releases")
    signed = open_workspace(copy_world(signed_once, folder / "signed").root)
    unsigned = open_workspace(copy_world(unsigned_once, folder / "unsigned").root)
    made = {
        "whole": make_release(signed, "v1").folder,
        "without raw logs": make_release(signed, "v2", ("raw",)).folder,
        "without logs and evidence": make_release(signed, "v3", ("raw", "evidence")).folder,
        "unsigned": make_release(unsigned, "v1").folder,
    }
    yield made
    for release in made.values():
        remove_folder(release)
