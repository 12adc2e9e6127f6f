"""A repository that wants to run something: each trap springs for git, none for a look of ours."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from distill.receipts.git.checkout import Checkout, NoCheckoutError
from distill.receipts.git.code_state import code_state, git_state
from tests.receipts.repositories import git, make_repository, snapshot

STAGE = "pkg/stage.py"


@dataclass(frozen=True)
class Ground:
    """A repository, and the file whose existence shows that something ran."""

    repository: Path
    witness: Path

    @property
    def command(self) -> str:
        """A command that leaves the trace."""
        return f"touch '{self.witness}'"

    def configure(self, key: str, value: str | None = None) -> None:
        """Set one key of the repository's own configuration; by default to the command."""
        git(self.repository, "config", key, self.command if value is None else value)

    def script(self, path: Path) -> Path:
        """Write a program that leaves the trace."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{self.command}\nexit 1\n")
        path.chmod(0o755)
        return path

    def edit(self) -> None:
        """Change a tracked file, so that git must look into it."""
        (self.repository / STAGE).write_text("x = 3\n")


def monitor(ground: Ground) -> None:
    """A file-system monitor."""
    ground.configure("core.fsmonitor", str(ground.script(ground.witness.with_name("monitor"))))


def hook(ground: Ground) -> None:
    """A hook that git calls when it writes an index."""
    ground.script(ground.repository / ".git/hooks/post-index-change")
    ground.edit()


def hooks_elsewhere(ground: Ground) -> None:
    """The same hook, in a folder that the configuration names."""
    folder = ground.repository / "hooks"
    ground.script(folder / "post-index-change")
    ground.configure("core.hooksPath", str(folder))
    ground.edit()


def clean_filter(ground: Ground) -> None:
    """A filter on the way in, with a name that is hard to quote."""
    (ground.repository / ".gitattributes").write_text("* filter=e=v.i.l\n")
    ground.configure("filter.e=v.i.l.clean")
    ground.configure("filter.e=v.i.l.required", "true")
    ground.edit()


def process_filter(ground: Ground) -> None:
    """A long-running filter, with attributes outside of the checkout."""
    (ground.repository / ".git/info/attributes").write_text("* filter=evil\n")
    ground.configure("filter.evil.process")
    ground.edit()


def smudge_filter(ground: Ground) -> None:
    """A filter on the way out."""
    (ground.repository / ".gitattributes").write_text("* filter=evil\n")
    ground.configure("filter.evil.smudge")
    git(ground.repository, "add", ".gitattributes")
    git(ground.repository, "commit", "-qm", "attributes")


def external_diff(ground: Ground) -> None:
    """A program that shows differences."""
    ground.configure("diff.external")
    ground.edit()


def diff_driver(ground: Ground) -> None:
    """A program that shows the differences of some files."""
    (ground.repository / ".gitattributes").write_text("* diff=evil\n")
    ground.configure("diff.evil.command")
    ground.edit()


def textconv(ground: Ground) -> None:
    """A program that turns files into text."""
    (ground.repository / ".gitattributes").write_text("* diff=evil\n")
    ground.configure("diff.evil.textconv")
    ground.edit()


def included(ground: Ground) -> None:
    """A monitor in a file that the configuration includes."""
    other = ground.witness.with_name("other.config")
    program = ground.script(ground.witness.with_name("monitor"))
    other.write_text(f'[core]\n\tfsmonitor = "{program}"\n')
    ground.configure("include.path", str(other))


def included_if(ground: Ground) -> None:
    """The same, under a condition."""
    other = ground.witness.with_name("other.config")
    other.write_text(f'[filter "evil"]\n\tclean = "{ground.command}"\n')
    (ground.repository / ".gitattributes").write_text("* filter=evil\n")
    ground.configure("includeIf.gitdir:**.path", str(other))
    ground.edit()


def worktree_configuration(ground: Ground) -> None:
    """A monitor in the configuration of one worktree."""
    ground.configure("extensions.worktreeConfig", "true")
    program = ground.script(ground.witness.with_name("monitor"))
    git(ground.repository, "config", "--worktree", "core.fsmonitor", str(program))


def promised(ground: Ground) -> None:
    """A missing object that is fetched by a program when somebody asks for it."""
    remote = ground.repository.with_name("remote")
    git(ground.repository, "clone", "-q", "--bare", str(ground.repository), str(remote))
    ground.configure("remote.origin.url", str(remote))
    ground.configure("remote.origin.promisor", "true")
    ground.configure("remote.origin.uploadpack")
    ground.configure("protocol.file.allow", "always")
    ground.configure("extensions.partialClone", "origin")
    blob = git(ground.repository, "rev-parse", f"HEAD:{STAGE}")
    (ground.repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    ground.edit()


def over_ssh(ground: Ground) -> None:
    """The same, by the program for ssh."""
    promised(ground)
    ground.configure("remote.origin.url", "ssh://example.org/x")
    ground.configure("protocol.ssh.allow", "always")
    ground.configure("core.sshCommand")


def submodule(ground: Ground) -> None:
    """A submodule that has a monitor of its own; settings given to git don't reach its child."""
    inner = make_repository(ground.repository.with_name("inner"))
    git(ground.repository, "submodule", "--quiet", "add", str(inner), "lib")
    git(ground.repository, "commit", "-qm", "a submodule")
    program = ground.script(ground.witness.with_name("monitor"))
    git(ground.repository / "lib", "config", "core.fsmonitor", str(program))
    ground.configure("submodule.lib.ignore", "none")
    ground.configure("submodule.lib.update", f"!{ground.command}")


def summary(ground: Ground) -> None:
    """A summary of submodules, which runs git again."""
    submodule(ground)
    ground.configure("status.submoduleSummary", "true")


def alias(ground: Ground) -> None:
    """A name of git's own given to a program: git takes its own, so only another name springs."""
    for name in ("status", "rev-parse", "ls-files", "read-tree", "sprung"):
        ground.configure(f"alias.{name}", f"!{ground.command}")


def pager(ground: Ground) -> None:
    """Programs that show text, ask for it, or let one edit it."""
    for key in ("core.pager", "pager.status", "pager.config", "core.editor", "core.askPass"):
        ground.configure(key)
    ground.configure("credential.helper", f"!{ground.command}")


Trap = Callable[[Ground], None]
# Each trap with the plain git command that springs it.
TRAPS: dict[Trap, tuple[str, ...]] = {
    monitor: ("status",),
    hook: ("update-index", "--add", "other.txt"),
    hooks_elsewhere: ("update-index", "--add", "other.txt"),
    clean_filter: ("add", STAGE),
    process_filter: ("add", STAGE),
    smudge_filter: ("archive", "HEAD"),
    external_diff: ("diff",),
    diff_driver: ("diff",),
    textconv: ("diff",),
    included: ("status",),
    included_if: ("add", STAGE),
    worktree_configuration: ("status",),
    promised: ("cat-file", "-p", f"HEAD:{STAGE}"),
    over_ssh: ("cat-file", "-p", f"HEAD:{STAGE}"),
    submodule: ("status",),
    summary: ("status",),
    alias: ("sprung",),
    pager: ("commit", "--allow-empty", "--no-verify"),
}


def look(ground: Ground, *, is_code: bool) -> None:
    """Do all that Distill does with git."""
    repository = ground.repository
    git_state(repository)
    names = [STAGE, "other.txt", "pkg/"] + (["lib/" + STAGE] if is_code else [])
    code_state(repository / STAGE, repository, names)
    checkout = Checkout.of(repository)
    head = git(repository, "rev-parse", "HEAD")
    assert checkout.holds(head)
    assert not checkout.holds("1" * 40)
    entries = checkout.entries(head)
    try:
        with checkout.blobs([e.object for e in entries if e.is_file]) as content:
            content.read()
    except NoCheckoutError:
        pass


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_nothing_runs(tmp_path: Path, trap: Trap) -> None:
    """Plain git runs what the repository names; a look of ours runs nothing and writes nothing."""
    ground = Ground(make_repository(tmp_path / "repository"), tmp_path / "witness")
    trap(ground)
    os.utime(ground.repository / "other.txt", (0, 0))
    ground.witness.unlink(missing_ok=True)
    control = Ground(tmp_path / "control/repository", ground.witness)
    shutil.copytree(ground.repository, control.repository, symlinks=True)

    before = snapshot(ground.repository / ".git")
    look(ground, is_code=(ground.repository / "lib").is_dir())
    assert not ground.witness.exists()
    assert snapshot(ground.repository / ".git") == before

    git(control.repository, *TRAPS[trap], check=False)
    assert ground.witness.exists(), "the trap is none: plain git does not spring it"


def test_the_checkout_is_where_git_lies(tmp_path: Path) -> None:
    """core.worktree can't make another folder pass for the checkout."""
    repository = make_repository(tmp_path / "repository")
    other = tmp_path / "other"
    shutil.copytree(repository, other, ignore=shutil.ignore_patterns(".git"))
    git(repository, "config", "core.worktree", str(other))
    (repository / STAGE).write_text("x = 2\n")
    assert "stage.py" not in git(other, "--git-dir", f"{repository}/.git", "status", "--short")
    assert git_state(repository).state == "dirty"


def test_a_repository_inside_of_data(tmp_path: Path) -> None:
    """A folder that looks like a bare repository is not taken for one."""
    ground = Ground(make_repository(tmp_path / "repository"), tmp_path / "witness")
    data = ground.repository / "data"
    git(ground.repository, "clone", "-q", "--bare", str(ground.repository), str(data))
    program = ground.script(tmp_path / "monitor")
    (data / "config").write_text(f'[core]\n\tbare = false\n\tfsmonitor = "{program}"\n')
    (data / "a.py").touch()
    assert code_state(data / "a.py", data, ["a.py"]).commit is None
    assert not ground.witness.exists()


def test_variables_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside of a hook git's variables name another repository: the folder decides, not they."""
    mine = make_repository(tmp_path / "mine")
    (mine / STAGE).write_text("x = 2\n")
    git(mine, "commit", "-qam", "two")
    yours = make_repository(tmp_path / "yours")
    witness = tmp_path / "witness"
    for name, value in {
        "GIT_DIR": str(yours / ".git"),
        "GIT_WORK_TREE": str(yours),
        "GIT_INDEX_FILE": str(yours / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(yours / ".git/objects"),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor=touch {witness}'",
        "GIT_EXTERNAL_DIFF": f"touch {witness}",
        "GIT_SSH_COMMAND": f"touch {witness}",
    }.items():
        monkeypatch.setenv(name, value)
    found = git_state(mine)
    assert (found.state, found.commit) == ("clean", git(mine, "rev-parse", "HEAD"))
    (mine / STAGE).write_text("x = 3\n")
    assert git_state(mine).state == "dirty"
    assert not witness.exists()


def test_a_replaced_object(tmp_path: Path) -> None:
    """A commit that the repository replaces by another still stands for its own content."""
    repository = make_repository(tmp_path / "repository")
    first = git(repository, "rev-parse", "HEAD")
    (repository / STAGE).write_text("x = 2\n")
    git(repository, "commit", "-qam", "two")
    git(repository, "replace", first, "HEAD")
    git(repository, "reset", "-q", "--soft", first)
    assert git(repository, "status", "--porcelain") == ""
    assert git_state(repository).state == "dirty"


def test_settings_without_number(tmp_path: Path) -> None:
    """So many filters that they don't fit into an environment: git can't tell, and nothing runs."""
    repository = make_repository(tmp_path / "repository")
    with (repository / ".git/config").open("a") as file:
        file.writelines(f'[filter "{"x" * 90}{index}"]\n\tclean = true\n' for index in range(30000))
    assert git_state(repository).state == "unavailable"
