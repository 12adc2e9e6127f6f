"""A workspace in which runs, files and sources can be recalled; each test gets its own copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.release.folder import remove_folder
from tests.retention.workspace import build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that ran twice, to be copied and not touched."""
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it."""
    root = tmp_path / "workspace"
    shutil.copytree(built, root)
    yield root
    for release in list(tmp_path.rglob("release.json")):  # read-only folders stay otherwise
        remove_folder(release.parent)
