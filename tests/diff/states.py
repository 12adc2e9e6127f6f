"""A workspace that is run, changed and run again, and what its diff says."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from distill.diff.changes import ToldChange
from distill.diff.result import open_diff
from distill.stages.sets import SETS
from distill.workspace.project import open_workspace
from tests.workspaces import make_workspace, run_all

State = Mapping[str, str]


@dataclass(frozen=True)
class Two:
    """The digests of the receipts before and after a change, by set."""

    root: Path
    before: State
    after: State

    def rows(self, name: str, place: str = "rows") -> list[ToldChange]:
        """Return the changes of a set, rows included."""
        workspace = open_workspace(self.root).workspace
        with open_diff(workspace, self.before[name], self.after[name]) as diff:
            return [t for t in diff.rows(None, with_texts=True) if t.change.place == place]

    def told(self, name: str, place: str = "rows") -> dict[str, tuple[str, str]]:
        """Return kind of change and cause of each row, by what is told of its runs."""
        return {
            " over ".join(told.change.runs): (told.change.change, told.cause.value)
            for told in self.rows(name, place)
        }

    def causes(self, name: str, place: str = "rows") -> set[str]:
        """Return the causes of all changes of a set."""
        return {told.cause.value for told in self.rows(name, place)}


def run_state(root: Path) -> State:
    """Run all stages and return the digests of their receipts, by set."""
    outcomes = run_all(open_workspace(root))
    return {SETS[stage]: outcome.digest.hex for stage, outcome in outcomes.items()}


class Workspaces:
    """Workspaces that ran once, made when first asked for and copied for every test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, tuple[tuple[str, bytes], ...]], tuple[Path, State]] = {}

    def copy(self, root: Path, configuration: str, files: Mapping[str, bytes]) -> State:
        """Put a workspace that ran at `root`, and return the state that it is in."""
        key = (configuration, tuple(sorted(files.items())))
        if key not in self._made:
            made = self._folder / str(len(self._made))
            make_workspace(made, configuration, files)
            self._made[key] = (made, run_state(made))
        made, state = self._made[key]
        shutil.copytree(made, root, dirs_exist_ok=True)
        return state

    def two(
        self,
        root: Path,
        configuration: str,
        files: Mapping[str, bytes],
        change: Callable[[Path], object],
    ) -> Two:
        """Return a workspace that ran, was changed, and ran again."""
        before = self.copy(root, configuration, files)
        change(root)
        return Two(root, before, run_state(root))
