"""Workspaces that were built once and are copied for every test."""

import shutil
from pathlib import Path

import pytest

from distill.receipts import Workspace
from distill.receipts.ledger.keys import init_keys
from tests.receipts.verify.building import build


def _made(root: Path, *, is_signed: bool) -> Path:
    (root / "distill.toml").touch()
    (root / "logs").mkdir()
    (root / "logs/a.jsonl").write_text('{"a":1}\n')
    workspace = Workspace(root)
    if is_signed:
        init_keys(workspace)
    build(workspace)
    return root


@pytest.fixture(scope="session")
def built_unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unsigned workspace, not to be touched."""
    return _made(tmp_path_factory.mktemp("unsigned"), is_signed=False)


@pytest.fixture(scope="session")
def built_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed workspace, not to be touched."""
    return _made(tmp_path_factory.mktemp("signed"), is_signed=True)


@pytest.fixture
def built(built_unsigned: Path, tmp_path: Path) -> Workspace:
    """A workspace with a chain of two stages and no key: five lines."""
    shutil.copytree(built_unsigned, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)


@pytest.fixture
def signed(built_signed: Path, tmp_path: Path) -> Workspace:
    """A workspace with a key from the start and a chain of two stages: six lines."""
    shutil.copytree(built_signed, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)
