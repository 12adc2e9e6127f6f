"""Projects and bare workspaces for the engine's tests."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.receipts.scope import workspace_scope
from distill.receipts.workspace import Workspace
from tests.receipts.project import AN_HOUR_AHEAD, STAGE, Project


def lay_out(root: Path) -> Project:
    """Write a project with one stage, one helper and two logs."""
    made = Project(root)
    made.write("distill.toml", "")
    made.write("pipeline/__init__.py", "")
    made.write("pipeline/helper.py", "def change(line: str) -> str:\n    return line.upper()\n")
    made.write("pipeline/stage.py", STAGE)
    made.write("logs/a.jsonl", '{"a": 1}\n{"a": 2}\n')
    made.write("logs/b.jsonl", '{"b": 1}\n')
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that never ran."""
    return lay_out(tmp_path)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that ran once, to be copied and not touched."""
    made = lay_out(tmp_path_factory.mktemp("built"))
    assert made.run()["status"] == "ran"
    return made.root


@pytest.fixture(params=["looked at", "remembered"])
def built(built_once: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that ran once; that it was moved since is nothing to the engine.

    In its second form it was skipped once too, and the decision is remembered.
    """
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path) if request.param == "looked at" else remembered(Project(tmp_path))


def remembered(built: Project) -> Project:
    """Skip a project's stage once, at a time when nothing was just written."""
    made = Project(built.root, f"{built.clock}\n{AN_HOUR_AHEAD}")
    assert made.run()["status"] == "skipped"
    assert b"decision:shout" in (made.root / ".distill/stat-cache").read_bytes()
    return made


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace, in scope."""
    monkeypatch.delenv("DISTILL_WORKSPACE", raising=False)
    (tmp_path / "distill.toml").touch()
    with workspace_scope(Workspace(tmp_path)) as here:
        yield here


@pytest.fixture
def put(workspace: Workspace) -> Callable[[str, str], Path]:
    """Write a file below the workspace."""

    def write(name: str, text: str) -> Path:
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write
