"""The files of a source: those that its patterns find, less those that were withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from distill.receipts.look import shared_paths
from distill.records.withdrawal import Withdrawals
from distill.workspace.logs import find_places
from distill.workspace.project import Project


@dataclass(frozen=True, slots=True)
class Found:
    """Recorded paths, sorted: the files to read, and the withdrawn ones that the patterns mean."""

    read: tuple[str, ...]
    withdrawn: tuple[str, ...]


class SourceFiles:
    """Finds the files of patterns in one workspace, with its withdrawals at this moment."""

    def __init__(self, project: Project) -> None:
        self.withdrawals: Withdrawals = project.withdrawals()
        self._project = project
        self._real = shared_paths()

    def files(self, patterns: Sequence[str], place: str, *, optional: bool = False) -> Found:
        """Return the files that patterns name; `place` names their table in an error.

        A withdrawn file is named though it may have been deleted: what is recorded of a source
        does not change when its withdrawn log goes.

        Raises:
            SourceError: a pattern matches nothing, and no withdrawn file either.
            ConfigurationError: a pattern leaves the workspace and its roots.
        """
        gone = self.withdrawals.files
        wide = [pattern.replace("**/", "*") for pattern in patterns]  # * crosses folders here
        meant = {path for path in gone if any(fnmatchcase(path, one) for one in wide)}
        workspace, real = self._project.workspace, self._real
        paths = find_places(
            [one for one in patterns if one not in gone],
            root=workspace.root,
            roots=workspace.roots,
            place=place,
            optional=optional or bool(meant),
            real=real,
        )
        found = {workspace.record_path(path, real) for path in paths}
        return Found(tuple(sorted(found - gone)), tuple(sorted(meant | (found & gone))))
