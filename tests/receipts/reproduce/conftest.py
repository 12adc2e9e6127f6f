"""Projects whose stages ran."""

import shutil
from pathlib import Path

import pytest

from tests.receipts.reproduce.project import JOIN_CALL, UP_CALL, Mine, lay_out


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose two stages ran, to be copied and not touched."""
    mine = lay_out(tmp_path_factory.mktemp("ran") / "mine")
    mine.call(UP_CALL, JOIN_CALL)
    return mine.root


@pytest.fixture
def mine(ran_once: Path, tmp_path: Path) -> Mine:
    """A project whose two stages ran from a clean checkout."""
    shutil.copytree(ran_once, tmp_path / "mine", symlinks=True)
    return Mine(tmp_path / "mine")
