"""Worlds are built once and copied; building one takes seconds, copying one milliseconds."""

import shutil
from pathlib import Path

import pytest

from tests.tamper.world import World, build_world


@pytest.fixture(scope="session")
def unsigned_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world without keys, not to be touched."""
    return build_world(tmp_path_factory.mktemp("unsigned"), signed=False)


@pytest.fixture(scope="session")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with keys, not to be touched."""
    return build_world(tmp_path_factory.mktemp("signed"), signed=True)


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
