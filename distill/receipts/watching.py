"""A stage that reads a file of the workspace which it has not declared fails, by name.

Such a file decides what the outputs are, and no key knows of it. Python tells of every file that it
opens (`sys.addaudithook`). What is not seen: a file that a native library opens by itself (SQLite,
DuckDB, Arrow), one that another process or a thread which the stage starts opens, and one that was
open before. What is no matter here: writing, Python's own files (the closure sees them), installed
distributions, `.distill`, and the places of the stage's outputs.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from distill.errors import ContractError
from distill.receipts.modules import is_installed
from distill.receipts.scope import current_observer, observer_scope

_CODE: Final = (".py", ".pyc", ".pyi", ".pth", ".so", ".pyd")
_WRITES: Final = os.O_CREAT | os.O_TRUNC | getattr(os, "O_DIRECTORY", 0)
_HINT: Final = (
    "declare it as an input (InFile, InFiles) and open the path that the stage is given; pass a "
    "value that it holds as a parameter; read what belongs to the code with importlib.resources, "
    "from a package that the stage imports; or keep it outside of the workspace and its roots"
)


@dataclass
class Watch:
    """What one run of a stage may read, and what it read beyond that.

    ``folders`` are the workspace and its roots, ``files`` and ``trees`` may be read in them.
    """

    stage: str
    folders: tuple[str, ...]
    files: frozenset[str]
    trees: tuple[str, ...]
    undeclared: list[str] = field(default_factory=list)

    def opened(self, path: object, flags: object) -> None:
        """Look at a file that is about to be opened.

        Raises:
            ContractError: it lies in the workspace and may not be read.
        """
        if not isinstance(path, str | bytes | os.PathLike) or not _reads(flags):
            return
        place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - texts, for every file
        if self._may_read(place) or self._may_read(os.path.realpath(place)):
            return
        if not os.path.exists(place):  # noqa: PTH110 - Python's own error tells more
            return
        self.undeclared.append(place)
        self.demand_declared()

    def demand_declared(self) -> None:
        """Refuse a run that read what it had not declared, whatever it made of the refusal.

        Raises:
            ContractError: naming the first file.
        """
        if self.undeclared:
            raise ContractError(
                f"the stage {self.stage} reads {self.undeclared[0]}, which it has not declared",
                _HINT,
            )

    def _may_read(self, place: str) -> bool:
        if not any(place.startswith(f"{folder}/") for folder in self.folders):
            return True
        if place in self.files or place.endswith(_CODE):
            return True
        if any(place == tree or place.startswith(f"{tree}/") for tree in self.trees):
            return True
        return is_installed_folder(os.path.dirname(place))  # noqa: PTH120 - texts


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Look at what is opened inside, in this thread.

    Raises:
        ContractError: something was read that may not be.
    """
    _listen()
    with observer_scope(watch.opened):
        yield
    watch.demand_declared()


@cache
def is_installed_folder(folder: str) -> bool:
    """Whether a folder belongs to the standard library or to installed distributions."""
    return is_installed(Path(folder))


def _reads(flags: object) -> bool:
    if not isinstance(flags, int):
        return True
    return flags & os.O_ACCMODE != os.O_WRONLY and not flags & _WRITES


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        opened = current_observer()
        if opened is not None:
            opened(arguments[0], arguments[2])


@cache
def _listen() -> None:
    """Add the hook once: it can't be taken away, and stays silent where no stage runs."""
    sys.addaudithook(_hook)
