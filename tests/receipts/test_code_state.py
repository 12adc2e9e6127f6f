"""The git state: honest in every state of a repository, and nothing that it configures runs."""

import os
import subprocess
from pathlib import Path

import pytest

from distill.receipts.code_state import code_state, git_state


def git(folder: Path, *arguments: str) -> str:
    """Run git without the developer's configuration."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of two files."""
    git(tmp_path, "init", "-q")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/stage.py").write_text("x = 1\n")
    (tmp_path / "other.txt").write_text("x\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_a_clean_checkout(repository: Path) -> None:
    """Commit and tree are those of HEAD."""
    state = git_state(repository)
    assert state.state == "clean"
    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert state.tree == git(repository, "rev-parse", "HEAD^{tree}")
    assert not state.shallow


def test_only_the_named_paths_count(repository: Path) -> None:
    """An edit elsewhere leaves the code clean; an edit of the code does not."""
    (repository / "other.txt").write_text("y\n")
    names = ["pkg/stage.py"]
    assert code_state(repository / names[0], repository, names).state == "clean"
    assert git_state(repository).state == "dirty"
    (repository / "pkg/stage.py").write_text("x = 2\n")
    assert code_state(repository / names[0], repository, names).state == "dirty"


@pytest.mark.parametrize("how", ["untracked", "staged", "deleted", "assumed", "skipped", "ignored"])
def test_every_way_to_be_dirty(repository: Path, how: str) -> None:
    """Also those that is_dirty() doesn't see."""
    stage = repository / "pkg/stage.py"
    names = ["pkg/stage.py"]
    if how in {"untracked", "ignored"}:
        (repository / "pkg/new.py").write_text("x = 1\n")
        names = ["pkg/new.py"]
        if how == "ignored":
            (repository / ".git/info/exclude").write_text("new.py\n")
    elif how == "deleted":
        git(repository, "rm", "-q", "--cached", "pkg/stage.py")
    else:
        stage.write_text("x = 2\n")
    if how == "staged":
        git(repository, "add", ".")
    if how == "assumed":
        git(repository, "update-index", "--assume-unchanged", "pkg/stage.py")
    if how == "skipped":
        git(repository, "update-index", "--skip-worktree", "pkg/stage.py")
    assert code_state(repository / names[0], repository, names).state == "dirty"


def test_states_without_a_commit(tmp_path: Path) -> None:
    """No repository and no commit are states, not errors."""
    assert git_state(tmp_path).state == "no_repo"
    git(tmp_path, "init", "-q")
    state = git_state(tmp_path)
    assert (state.state, state.commit, state.tree) == ("unborn", None, None)


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    """A clone without history says so."""
    (repository / "other.txt").write_text("y\n")
    git(repository, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "clone")
    assert git_state(tmp_path / "clone").shallow


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the state is unavailable."""
    monkeypatch.setattr("git.Git.GIT_PYTHON_GIT_EXECUTABLE", "no-such-program")
    assert git_state(repository).state == "unavailable"


def test_a_hostile_configuration_runs_nothing(repository: Path) -> None:
    """Neither a file-system monitor nor a filter of the repository is run by a look at it."""
    witness = repository.with_name(f"{repository.name}-witness")
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.external"):
        git(repository, "config", key, f"touch {witness}")
    git(repository, "config", "filter.evil.required", "true")
    (repository / ".gitattributes").write_text("* filter=evil\n")
    (repository / "other.txt").write_text("z\n")
    os.utime(repository / "pkg/stage.py", (0, 0))
    git_state(repository)
    assert not witness.exists()
