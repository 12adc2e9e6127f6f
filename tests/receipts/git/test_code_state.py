"""The git state: honest in every state of a repository."""

import os
from pathlib import Path

import pytest

from distill.receipts.git.code_state import code_state, git_state
from tests.receipts.repositories import git, make_repository, snapshot

STAGE = "pkg/stage.py"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of two files."""
    return make_repository(tmp_path / "repository")


def state_of(repository: Path, *names: str) -> str:
    """Return the state of the code that these files are."""
    return code_state(repository / STAGE, repository, names or (STAGE,)).state


def test_a_clean_checkout(repository: Path) -> None:
    """Commit and tree are those of HEAD."""
    state = git_state(repository)
    assert state.state == "clean"
    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert state.tree == git(repository, "rev-parse", "HEAD^{tree}")
    assert (state.shallow, state.dirty_tree) == (False, None)


def test_only_the_named_paths_count(repository: Path) -> None:
    """An edit elsewhere leaves the code clean; an edit of the code does not."""
    (repository / "other.txt").write_text("y\n")
    assert state_of(repository) == "clean"
    assert git_state(repository).state == "dirty"
    assert git_state(repository, ["other.txt"]).state == "clean"
    assert git_state(repository / "pkg").state == "clean"
    (repository / STAGE).write_text("x = 2\n")
    assert state_of(repository) == "dirty"


def test_an_entry_of_a_folder_is_all_its_modules(repository: Path) -> None:
    """The engine is one entry of a closure; an edit of one of its modules is seen."""
    assert state_of(repository, "pkg/") == "clean"
    (repository / STAGE).write_text("x = 2\n")
    assert state_of(repository, "pkg/") == "dirty"


@pytest.mark.parametrize("how", ["untracked", "staged", "deleted", "assumed", "skipped", "ignored"])
def test_every_way_to_be_dirty(repository: Path, how: str) -> None:
    """Also those that is_dirty() doesn't see; the tree on the disk is told."""
    name = STAGE
    if how in {"untracked", "ignored"}:
        name = "pkg/new.py"
        if how == "ignored":
            (repository / ".git/info/exclude").write_text("new.py\n")
    if how == "deleted":
        git(repository, "rm", "-q", "--cached", name)
    if how == "assumed":
        git(repository, "update-index", "--assume-unchanged", name)
    if how == "skipped":
        git(repository, "update-index", "--skip-worktree", name)
    (repository / name).write_text("x = 2\n")
    if how == "staged":
        git(repository, "add", ".")
    before = snapshot(repository / ".git")
    found = code_state(repository / name, repository, [name])
    assert snapshot(repository / ".git") == before
    assert (found.state, found.dirty_tree) == ("dirty", tree_by_hand(repository, name))


def tree_by_hand(repository: Path, *names: str) -> str:
    """Return what git itself says of HEAD's tree with these files: in an index of its own."""
    index = str(repository.with_name("index-by-hand"))
    git(repository, "read-tree", "HEAD", GIT_INDEX_FILE=index)
    git(repository, "add", "--force", *names, GIT_INDEX_FILE=index)
    return git(repository, "write-tree", GIT_INDEX_FILE=index)


def test_a_mark_alone_is_no_difference(repository: Path) -> None:
    """A file that git was told not to look at, but that is HEAD's, is clean."""
    git(repository, "update-index", "--assume-unchanged", STAGE)
    git(repository, "update-index", "--skip-worktree", "other.txt")
    assert git_state(repository).state == "clean"
    (repository / "other.txt").unlink()
    assert git_state(repository).state == "dirty"


def test_a_missing_index(repository: Path) -> None:
    """Without an index nothing is clean; the tree on the disk is still HEAD's."""
    (repository / ".git/index").unlink()
    found = code_state(repository / STAGE, repository, [STAGE])
    assert (found.state, found.dirty_tree) == ("dirty", found.tree)


def test_a_deleted_file(repository: Path) -> None:
    """A tracked file that is gone is missing from the tree on the disk."""
    (repository / "other.txt").unlink()
    found = git_state(repository)
    assert found.state == "dirty"
    assert found.dirty_tree is not None
    git(repository, "commit", "-qam", "two")
    assert found.dirty_tree == git(repository, "rev-parse", "HEAD^{tree}")


def test_a_sparse_checkout(repository: Path) -> None:
    """What a sparse checkout leaves out is no difference; what lies there all the same is."""
    git(repository, "sparse-checkout", "set", "--no-cone", "/pkg/")
    assert not (repository / "other.txt").exists()
    assert git_state(repository).state == "clean"
    assert state_of(repository) == "clean"
    (repository / "other.txt").write_text("slipped in\n")
    assert git_state(repository).state == "dirty"


def test_states_without_a_commit(tmp_path: Path) -> None:
    """No repository and no commit are states, not errors."""
    assert git_state(tmp_path).state == "no_repo"
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").touch()
    for state in (git_state(tmp_path), code_state(tmp_path / "a.py", tmp_path, ["a.py"])):
        assert (state.state, state.commit, state.tree) == ("unborn", None, None)


def test_a_bare_repository_is_no_checkout(repository: Path, tmp_path: Path) -> None:
    """Neither a bare repository nor the inside of .git is a place where code is checked out."""
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    (tmp_path / "bare.git/a.py").touch()
    for folder in (tmp_path / "bare.git", repository / ".git"):
        assert git_state(folder).state in {"no_repo", "unavailable"}
        assert git_state(folder).commit is None


def test_a_broken_repository(repository: Path) -> None:
    """A HEAD that leads to a commit that is not there is unavailable, not unborn."""
    (repository / ".git/HEAD").write_text("1" * 40 + "\n")
    assert git_state(repository).state == "unavailable"
    git(repository, "symbolic-ref", "HEAD", "refs/heads/main")
    (repository / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    assert git_state(repository).state == "unavailable"


def test_a_detached_head(repository: Path) -> None:
    """The commit is told whether a branch names it or not."""
    git(repository, "checkout", "-q", "--detach")
    assert git_state(repository).state == "clean"


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    """A clone without history says so."""
    (repository / "other.txt").write_text("y\n")
    git(repository, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "clone")
    assert git_state(tmp_path / "clone").shallow


def test_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    """A second worktree has its own HEAD and its own edits."""
    git(repository, "worktree", "add", "-q", "-b", "second", str(tmp_path / "second"))
    (tmp_path / "second" / STAGE).write_text("x = 2\n")
    assert state_of(tmp_path / "second") == "dirty"
    git(tmp_path / "second", "commit", "-qam", "two")
    assert state_of(tmp_path / "second") == "clean"
    assert git_state(tmp_path / "second").commit != git_state(repository).commit


def test_code_in_a_submodule(repository: Path, tmp_path: Path) -> None:
    """It is clean where the submodule is, at the commit that HEAD records for it."""
    inner = make_repository(tmp_path / "inner")
    git(repository, "submodule", "--quiet", "add", str(inner), "lib")
    git(repository, "commit", "-qm", "a submodule")
    names = (STAGE, f"lib/{STAGE}")
    assert state_of(repository, *names) == "clean"
    (repository / "lib" / STAGE).write_text("x = 2\n")
    assert state_of(repository, *names) == "dirty"
    git(repository / "lib", "commit", "-qam", "two")
    assert state_of(repository, *names) == "dirty"
    assert git_state(repository).state == "dirty"
    git(repository, "commit", "-qam", "moved")
    assert state_of(repository, *names) == "clean"


def test_code_that_lies_elsewhere(repository: Path, tmp_path: Path) -> None:
    """A module that a link leads to, out of the checkout, is held by no commit of it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/far.py").touch()
    (repository / "linked").symlink_to(tmp_path / "elsewhere")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "a link")
    assert state_of(repository, STAGE) == "clean"
    assert state_of(repository, STAGE, "linked/far.py") == "dirty"


def test_a_repository_of_somebody_else(repository: Path) -> None:
    """Git refuses a folder of another owner, and that is said."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    for path in (repository, repository / ".git", *repository.rglob("*")):
        os.chown(path, 12345, 12345)
    state = git_state(repository)
    assert (state.state, state.commit) == ("untrusted", None)


def test_what_the_environment_trusts_is_trusted(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container that says safe.directory by GIT_CONFIG_COUNT is heard."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    for path in (repository, repository / ".git", *repository.rglob("*")):
        os.chown(path, 12345, 12345)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert git_state(repository).state == "clean"


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the state is unavailable."""
    monkeypatch.setattr("git.Git.GIT_PYTHON_GIT_EXECUTABLE", "no-such-program")
    assert git_state(repository).state == "unavailable"
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert git_state(repository).state == "unavailable"


@pytest.mark.parametrize("name", ["a: colon", 'a "quote"', "back\\slash", "ünïcode"])
def test_odd_folders(tmp_path: Path, name: str) -> None:
    """A folder's name is only a name, also where git parts a list of folders at its colons."""
    repository = make_repository(tmp_path / name)
    (repository / STAGE).write_text("x = 2\n")
    found = code_state(repository / STAGE, repository, [STAGE])
    assert found.dirty_tree == tree_by_hand(repository, STAGE)
