"""Workspaces to compare, each built once a session."""

import pytest

from tests.diff.states import Workspaces


@pytest.fixture(scope="session")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Workspaces:
    """Workspaces that ran once, to be copied."""
    return Workspaces(tmp_path_factory.mktemp("built"))
