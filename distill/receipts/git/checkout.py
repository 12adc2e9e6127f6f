"""A git checkout, looked at so that nothing of its configuration runs. The only door to git.

It is imported late: it costs 110 ms. Nothing is written into the repository, and ``is_dirty()`` is
never asked: it says False with a missing index and for files marked assume-unchanged.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from distill.receipts.git import settings
from distill.receipts.git.listing import TreeEntry, changed_paths, marked_paths, tree_entries
from distill.receipts.receipt import GitState, GitStatus

if TYPE_CHECKING:
    from git import Git

_STATUS = ("--porcelain=v2", "-z", "--no-renames", "--ignore-submodules=dirty")
_SKIPPED = "S"


class NoCheckoutError(Exception):
    """Git can't tell anything of a folder, or of a part of it; ``state`` says why."""

    def __init__(self, state: GitStatus) -> None:
        super().__init__(state)
        self.state = state


def import_git(folder: Path) -> None:
    """Import what asks git of a folder, for processes that are forked later, if it lies in any."""
    if _may_be_checkout(Path(os.path.realpath(folder))):
        with suppress(ImportError):  # told when it is asked
            import git  # noqa: F401, PLC0415 - see `Checkout.of`


class Checkout:
    """A checkout, looked at so that nothing of its configuration runs."""

    def __init__(self, git: "Git", top: Path, objects: Path, *, is_shallow: bool) -> None:
        self.top = top
        self._git = git
        self._objects = objects
        self._is_shallow = is_shallow

    @classmethod
    def of(cls, folder: Path) -> "Checkout":
        """Return the checkout that a folder lies in.

        Raises:
            NoCheckoutError: there is none, or git can't be asked or won't tell.
        """
        folder = Path(os.path.realpath(folder))
        if not _may_be_checkout(folder):
            raise NoCheckoutError("no_repo")  # as `_top_of` would find
        try:
            from git import Git  # noqa: PLC0415 - late: 110 ms, and an ImportError without git
        except ImportError:
            raise NoCheckoutError("unavailable") from None
        git = Git(str(folder))
        git.update_environment(**settings.variables(os.environ))
        listed = _run(git, "config", "--list", "--name-only", "-z", "--includes")
        names = os.fsdecode(listed).split("\0")
        hardened = settings.variables(os.environ, names)
        git.update_environment(**hardened)
        asked = ("--absolute-git-dir", "--git-path", "objects", "--is-shallow-repository")
        told = os.fsdecode(_run(git, "rev-parse", *asked)).split("\n")
        top = _top_of(folder, Path(told[0]))
        # core.worktree could name any other folder as the checkout.
        inside = Git(str(top))
        inside.update_environment(**hardened, GIT_WORK_TREE=str(top))
        return cls(inside, top, folder / told[1], is_shallow=told[2] == "true")

    def below(self, folder: Path) -> str:
        """Return a folder's path below the top, as git names it; empty: the top itself."""
        name = Path(os.path.realpath(folder)).relative_to(self.top).as_posix()
        return "" if name == "." else name

    def state(
        self,
        specs: Sequence[str],
        names: Sequence[str] = (),
        *,
        untracked: bool = True,
        is_foreign: bool = False,
    ) -> GitState:
        """Return the state over pathspecs below the top.

        Each of ``names`` must be tracked. ``is_foreign``: something is known to lie elsewhere, so
        that the commit can't hold it.
        """
        head = self._head()
        if head is None:
            return GitState("unborn", None, None, None, shallow=False, from_wheel=False)
        commit, tree = head
        try:
            changed, hidden = self._changed(specs, names, untracked=untracked)
            now = self._tree_with({*changed, *hidden}) if changed or hidden else tree
        except NoCheckoutError:
            return GitState("unavailable", commit, tree, None, self._is_shallow, from_wheel=False)
        if is_foreign or changed or now != tree:
            return GitState("dirty", commit, tree, now, self._is_shallow, from_wheel=False)
        return GitState("clean", commit, tree, None, self._is_shallow, from_wheel=False)

    def holds(self, tree: str) -> bool:
        """Whether the objects hold a commit or tree; nothing is fetched."""
        try:
            self._run("cat-file", "-e", f"{tree}^{{tree}}")
        except NoCheckoutError:
            return False
        return True

    def entries(self, tree: str) -> tuple[TreeEntry, ...]:
        """Return all that a commit or tree holds."""
        return tuple(tree_entries(self._run("ls-tree", "-r", "-z", "--full-tree", tree)))

    @contextmanager
    def blobs(self, objects: Iterable[str]) -> Iterator[BinaryIO]:
        """Give the raw bytes of blobs as ``cat-file --batch`` writes them: no filter, no attribute.

        Raises:
            NoCheckoutError: one of them is missing.
        """
        with tempfile.TemporaryFile() as answer:
            wanted = "".join(f"{one}\n" for one in objects).encode()
            self._run("cat-file", "--batch", given=wanted, into=answer)
            answer.seek(0)
            yield answer

    def _head(self) -> tuple[str, str] | None:
        """Return commit and tree of HEAD, null where nothing was committed yet."""
        try:
            commit, tree = self._run("rev-parse", "HEAD^{commit}", "HEAD^{tree}").decode().split()
        except NoCheckoutError:
            branch = self._run("symbolic-ref", "HEAD").decode().strip()
            if self._run("for-each-ref", "--format=%(refname)", branch).strip():
                raise
            return None
        return commit, tree

    def _changed(
        self, specs: Sequence[str], names: Sequence[str], *, untracked: bool
    ) -> tuple[set[str], set[str]]:
        """Return the files that differ from HEAD, and those that git was told not to look at."""
        if not specs:
            return set(), set()
        mode = "all" if untracked else "no"
        status = self._run("status", *_STATUS, f"--untracked-files={mode}", "--", *specs)
        changed = {path for path in changed_paths(status) if not path.endswith("/")}
        marks = {p: tag for tag, p in marked_paths(self._run("ls-files", "-vz", "--", *specs))}
        changed |= set(names) - marks.keys()  # what git ignores, too
        hidden = {path for path, tag in marks.items() if tag.islower() or tag == _SKIPPED}
        left_out = {p for p in hidden if marks[p].upper() == _SKIPPED and self._is_absent(p)}
        if left_out and self._is_set("core.sparseCheckout"):
            hidden -= left_out
        return changed, hidden

    def _is_absent(self, path: str) -> bool:
        return not os.path.lexists(self.top / path)

    def _tree_with(self, paths: Iterable[str]) -> str:
        """Return the id of HEAD's tree with these files as they lie on the disk.

        Index and objects are temporary: the repository is not written to.
        """
        with tempfile.TemporaryDirectory(prefix="distill-tree-") as scratch:
            own = Path(scratch, "objects")
            own.mkdir()
            places = {
                "GIT_INDEX_FILE": str(Path(scratch, "index")),
                "GIT_OBJECT_DIRECTORY": str(own),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(self._objects),
            }
            self._run("read-tree", "HEAD", more=places)
            names = b"".join(os.fsencode(path) + b"\0" for path in sorted(paths))
            update = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
            self._run(*update, given=names, more=places)
            return self._run("write-tree", "--missing-ok", more=places).decode().strip()

    def link_to(self, inner: Path) -> str | None:
        """Return the commit that HEAD records for a submodule, null where it records none."""
        path = self.below(inner)
        listed = tree_entries(self._run("ls-tree", "-z", "--full-tree", "HEAD", path))
        return next((one.object for one in listed if one.path == path), None)

    def _is_set(self, name: str) -> bool:
        try:
            return self._run("config", "--type=bool", name).strip() == b"true"
        except NoCheckoutError:
            return False

    def _run(
        self,
        *arguments: str,
        given: bytes = b"",
        into: BinaryIO | None = None,
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        return _run(self._git, *arguments, given=given, into=into, more=more)


def _run(
    git: "Git",
    *arguments: str,
    given: bytes = b"",
    into: BinaryIO | None = None,
    more: Mapping[str, str] | None = None,
) -> bytes:
    """Run git and return what it writes; ``given`` is its input, ``into`` takes its output.

    Raises:
        NoCheckoutError: it can't be run, or it fails.
    """
    from git.exc import CommandError  # noqa: PLC0415 - see `Checkout.of`

    ours = {*git.environment(), *(more or ())}
    with tempfile.TemporaryFile() as source:
        source.write(given)
        source.seek(0)
        try:
            before = settings.prefix(os.environ, ours)
            told = git.execute(
                [*before, str(git.GIT_PYTHON_GIT_EXECUTABLE), *arguments],
                istream=source,
                output_stream=into,
                env=more,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                shell=False,
            )
        except CommandError as error:
            raise NoCheckoutError(_refusal(str(error.stderr))) from None
        except OSError:
            raise NoCheckoutError("unavailable") from None
    return told if isinstance(told, bytes) else b""


def _may_be_checkout(folder: Path) -> bool:
    return any(os.path.lexists(place / ".git") for place in (folder, *folder.parents))


def _top_of(folder: Path, git_folder: Path) -> Path:
    """Return the folder whose ``.git`` leads to the folder that git found.

    Raises:
        NoCheckoutError: it is a bare repository, or the inside of one.
    """
    for place in (folder, *folder.parents):
        link = place / ".git"
        if link.is_dir() and os.path.realpath(link) == os.path.realpath(git_folder):
            return place
        if link.is_file():
            target = link.read_bytes().removeprefix(b"gitdir:").strip()
            if os.path.realpath(place / os.fsdecode(target)) == os.path.realpath(git_folder):
                return place
    raise NoCheckoutError("no_repo")


def _quoted(path: Path) -> str:
    """Return a path as a list of folders takes it: it may hold the colon that parts them."""
    text = str(path)
    if ":" not in text and not text.startswith('"'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refusal(message: str) -> GitStatus:
    if "dubious ownership" in message:
        return "untrusted"
    return "no_repo" if "not a git repository" in message else "unavailable"
