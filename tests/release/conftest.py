"""A small workspace that ran, with logs inside and in a root; each test gets its own copy."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.receipts.ledger.keys import init_keys
from distill.release.folder import remove_folder
from distill.workspace.project import Project, open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

CONFIGURATION = (
    f'[workspace]\nname = "example"\n\n[roots]\noutside = "../outside"\n\n{MAPPED}{VERDICT}'
    + (MAPPED + VERDICT)
    .replace("sources.agents", "sources.others")
    .replace("logs/*.jsonl", "outside:2026/*.jsonl")
)
LOGS = [
    row("sort", "First, sort the list."),
    row("sort", "Give up.", passed=False),
    row("add", "Add one to it."),
    row("add", "Subtract one.", passed=False),
]
OUTSIDE = [row("parse", "Split at the comma."), row("parse", "Guess.", passed=False)]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds a workspace ``work`` which ran, and its root ``outside``."""
    base = tmp_path_factory.mktemp("built")
    (base / "outside" / "2026").mkdir(parents=True)
    (base / "outside" / "2026" / "b.jsonl").write_bytes(lines(OUTSIDE))
    run_all(make_workspace(base / "work", CONFIGURATION, {"logs/a.jsonl": lines(LOGS)}))
    return base


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Iterator[Project]:
    """A workspace that ran and has no key."""
    shutil.copytree(built, tmp_path / "base")
    yield open_workspace(tmp_path / "base" / "work")
    # Read-only folders stay on the disk otherwise.
    for releases in list(tmp_path.rglob("release.json")):
        remove_folder(releases.parent)


@pytest.fixture
def signed(project: Project) -> Project:
    """The same workspace with a pair of keys."""
    init_keys(project.workspace)
    return project


@pytest.fixture
def configure(project: Project) -> Callable[[str], Project]:
    """Add text to the workspace's `distill.toml`, and open it anew."""

    def add(text: str) -> Project:
        path = project.root / "distill.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
        return open_workspace(project.root)

    return add


def move_away(release: Path) -> None:
    """Move a release out of its workspace; a read-only folder must be made writable for that."""
    release.chmod(0o755)
    release.rename(release.parents[2] / "archive")
