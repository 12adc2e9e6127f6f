"""The git state of a folder. The only module that imports git, and late: it costs 110 ms.

A repository's own configuration can run programs on a mere status (core.fsmonitor, filters), so it
is overridden through GIT_CONFIG_COUNT. ``is_dirty()`` is never asked: it says False with a missing
index and for files marked assume-unchanged.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from distill.receipts.modules import is_installed
from distill.receipts.receipt import GitState, GitStatus

if TYPE_CHECKING:
    from git import Git

_EMBEDDED = Path(__file__).resolve().parents[1] / "_commit.txt"
_HARDENED = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "diff.external": "",
    "submodule.recurse": "false",
}
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_STATUS = ("--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=dirty")


def git_state(folder: Path, paths: Sequence[str] = (".",), *, untracked: bool = True) -> GitState:
    """Return the state of the checkout that a folder lies in, as far as ``paths`` go.

    ``paths`` are git pathspecs below the folder. Whatever git can't tell ends as a state of its
    own (no_repo, unborn, untrusted, unavailable), never as an error.
    """
    try:
        from git import Git  # noqa: PLC0415 - late: 110 ms, and an ImportError without git
        from git.exc import CommandError  # noqa: PLC0415
    except ImportError:
        return _bare("unavailable")
    git = Git(str(folder))
    try:
        _harden(git)
        shallow = git.rev_parse("--is-shallow-repository").strip() == "true"
    except CommandError as error:
        return _bare(_refusal(str(error)))
    try:
        commit, tree = git.rev_parse("HEAD^{commit}", "HEAD^{tree}").split()
    except (CommandError, ValueError):
        return _bare("unborn")
    try:
        is_dirty = _is_dirty(git, paths, untracked=untracked)
    except CommandError:
        return GitState("unavailable", commit, tree, shallow, from_wheel=False)
    return GitState("dirty" if is_dirty else "clean", commit, tree, shallow, from_wheel=False)


def code_state(file: Path, root: Path, names: Sequence[str]) -> GitState:
    """Return the git state of a stage's code, or the commit that an installed wheel was built from.

    ``names`` are the files of the closure below ``root``; one that git does not track is dirty.
    """
    if file.is_relative_to(_EMBEDDED.parent) and _EMBEDDED.is_file():
        commit = _EMBEDDED.read_text(encoding="ascii").strip()
        return GitState("clean", commit, None, shallow=False, from_wheel=True)
    if is_installed(file):
        return _bare("no_repo")
    return git_state(root, [f":(literal){name}" for name in names if (root / name).is_file()])


def _harden(git: "Git") -> None:
    """Let no configured program run: overrides by name, and every filter that is configured."""
    _override(git, _HARDENED)
    listed = git.config("--list", "--name-only", "-z", "--includes")
    filters = {name.rpartition(".")[0] for name in listed.split("\0") if name.startswith("filter.")}
    verbs = {"clean": "", "smudge": "", "process": "", "required": "false"}
    _override(
        git,
        _HARDENED | {f"{one}.{verb}": value for one in filters for verb, value in verbs.items()},
    )


def _override(git: "Git", settings: dict[str, str]) -> None:
    entries = {"GIT_CONFIG_COUNT": str(len(settings)), **_ENVIRONMENT}
    for index, (name, value) in enumerate(sorted(settings.items())):
        entries[f"GIT_CONFIG_KEY_{index}"] = name
        entries[f"GIT_CONFIG_VALUE_{index}"] = value
    git.update_environment(**entries)


def _is_dirty(git: "Git", paths: Sequence[str], *, untracked: bool) -> bool:
    mode = "all" if untracked else "no"
    if git.status(*_STATUS, f"--untracked-files={mode}", "--", *paths):
        return True
    marked = [line for line in git.ls_files("-v", "-z", "--", *paths).split("\0") if line]
    if untracked and len(marked) < len(paths):
        return True  # a file that git ignores
    return any(line[:1].islower() or line[:1] == "S" for line in marked)


def _refusal(message: str) -> GitStatus:
    if "dubious ownership" in message:
        return "untrusted"
    return "no_repo" if "not a git repository" in message else "unavailable"


def _bare(state: GitStatus) -> GitState:
    return GitState(state, None, None, shallow=False, from_wheel=False)
