"""The example workspace after a run, with a gzipped log; unsigned, and signed."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from distill.receipts.ledger.keys import init_keys
from distill.receipts.tree_file import TREES_DIR
from distill.receipts.workspace import Workspace
from distill.stages.pipeline import STAGES, run_stages
from distill.workspace.project import open_workspace
from tests.conftest import REPOSITORY
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace
from tests.workspaces import row as log_row

#: A log of lines, one that is a JSON array, and (here) one inside gzip.
SOURCES = ("code-runs", "parcel-desk", "notes")


SMALL_LOG = [
    log_row("sort", "First, sort the list."),
    log_row("sort", "Give up.", passed=False),
    log_row("add", "Add one to it."),
    log_row("add", "Subtract one.", passed=False),
]


def _run_example(root: Path, *, is_signed: bool) -> Path:
    shutil.copytree(REPOSITORY / "examples", root / "examples")
    notes = root / "examples/notes/runs.jsonl"
    notes.with_name("runs.jsonl.gz").write_bytes(gzip.compress(notes.read_bytes(), mtime=0))
    notes.unlink()
    configuration = (REPOSITORY / "distill.toml").read_text(encoding="utf-8")
    configuration = configuration.replace("notes/*.jsonl", "notes/*.jsonl.gz")
    (root / "distill.toml").write_text(configuration, encoding="utf-8")
    project = open_workspace(root)
    if is_signed:
        init_keys(project.workspace)
    run_stages(project, STAGES)
    return root


def _copy(built: Path, root: Path) -> Workspace:
    """A copy of a workspace without the sidecars that other tests made."""
    shutil.copytree(built, root)
    shutil.rmtree(root / TREES_DIR, ignore_errors=True)
    return Workspace(root)


@pytest.fixture(scope="session")
def unsigned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after a run, with no key; to be read, never changed."""
    return _run_example(tmp_path_factory.mktemp("unsigned"), is_signed=False)


@pytest.fixture(scope="session")
def signed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after a run that a key signed; to be read, never changed."""
    return _run_example(tmp_path_factory.mktemp("signed"), is_signed=True)


@pytest.fixture(scope="session", params=["unsigned", "signed"])
def small_once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A workspace of one log and four runs, unsigned and signed; to be read, never changed."""
    root = tmp_path_factory.mktemp(f"small-{request.param}")
    logs = {"logs/a.jsonl": lines(SMALL_LOG)}
    project = make_workspace(root, MAPPED + VERDICT, logs)
    if request.param == "signed":
        init_keys(project.workspace)
    run_stages(project, STAGES)
    return root


@pytest.fixture
def unsigned(unsigned_once: Path, tmp_path: Path) -> Workspace:
    """A copy of the unsigned example, to be changed."""
    return _copy(unsigned_once, tmp_path / "example")


@pytest.fixture
def signed(signed_once: Path, tmp_path: Path) -> Workspace:
    """A copy of the signed example, to be changed."""
    return _copy(signed_once, tmp_path / "example")


def rows_of(root: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of one set."""
    lines = (root / f"exports/{kind}/train-00000.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


def one_a_source(root: Path, kind: str) -> list[dict[str, Any]]:
    """The first row of a set for each source that its runs (the chosen ones) come from."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows_of(root, kind):
        places = row["provenance"]
        places = places["chosen"] if isinstance(places, dict) else places
        found.setdefault(places[0]["source"], row)
    return list(found.values())


def sample_of(root: Path, kind: str, source: str | None = None) -> str:
    """The id of the first row of a set (that was made of a source's runs)."""
    for row in one_a_source(root, kind):
        places = row["provenance"]
        places = places["chosen"] if isinstance(places, dict) else places
        if source in (None, places[0]["source"]):
            return str(row["id"])
    pytest.fail(f"the example has no {kind} row of {source}")
