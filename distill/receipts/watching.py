"""A stage that reads a file of the workspace which it has not declared fails, by name.

Such a file decides what the outputs are, and no key knows of it. Python tells of every file that it
opens (`sys.addaudithook`). What is not seen: a file that a native library opens by itself (SQLite,
DuckDB, Arrow), one that another process or a thread which the stage starts opens, and one that was
open before. What is no matter here: writing, what the stage itself wrote from its first byte on,
folders, the files of the code that is in the key, installed distributions, the engine, `.distill`,
the temporary places of the stage's outputs, and what is opened to show source lines (tracebacks,
warnings, ``inspect``, debuggers). A module of the workspace that Python loads while the stage runs,
and that no import in its code names, is refused as well.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final, NamedTuple

from distill.errors import ContractError
from distill.receipts.code.modules import is_installed
from distill.receipts.openers import (
    SAYS_WHAT_IS_INSTALLED,
    opener,
    reads,
    size_of,
    source_of_bytecode,
)
from distill.receipts.scope import current_observer, observer_scope

_HINT: Final = (
    "declare it as an input (InFile, InFiles) and open the path that the stage is given; pass a "
    "value that it holds as a parameter; import it, if it is a module; read what belongs to the "
    "code with importlib.resources, from a package that the stage imports; or keep it outside of "
    "the workspace and its roots. What it made before is gone in a full rebuild, and no input"
)
_MODULE_HINT: Final = (
    "import it by name in a module of the stage (the import may stand in a function that nobody "
    "calls), so that an edit of it counts; if no output follows from it, import it before the "
    "stage is called"
)


class Undeclared(NamedTuple):
    """A file that may not be read; ``is_module``: Python loads it as one."""

    place: str
    is_module: bool


@dataclass
class Watch:
    """What one run of a stage may read, and what it read beyond that.

    ``folders`` are the workspace and its roots, ``files`` and ``trees`` may be read in them.
    ``written`` are files that it began itself, empty.
    """

    stage: str
    folders: tuple[str, ...]
    files: frozenset[str]
    trees: tuple[str, ...]
    undeclared: list[Undeclared] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    def opened(self, path: object, flags: object) -> None:
        """Look at a file that is about to be opened.

        Raises:
            ContractError: it lies in the workspace and may not be read.
        """
        if not isinstance(path, str | bytes | os.PathLike):
            return
        place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - texts, for every file
        if self._may_read(place) or self._may_read(os.path.realpath(place)):
            return
        size = size_of(place)
        if _begins(flags, size):
            self.written.add(place)
        if place in self.written or size is None or not reads(flags, size):
            return
        who = opener(self._is_first_party)
        if who == "import":
            place = source_of_bytecode(place)
        if who == "display" or (who == "import" and self._is_known_code(place)):
            return
        self.undeclared.append(Undeclared(place, is_module=who == "import"))
        self.demand_declared()

    def demand_declared(self) -> None:
        """Refuse a run that read what it had not declared, whatever it made of the refusal.

        Raises:
            ContractError: naming the first file.
        """
        if not self.undeclared:
            return
        place, is_module = self.undeclared[0]
        if is_module:
            raise ContractError(
                f"the stage {self.stage} loads {place}, which no import in its code names",
                _MODULE_HINT,
            )
        raise ContractError(
            f"the stage {self.stage} reads {place}, which it has not declared", _HINT
        )

    def _may_read(self, place: str) -> bool:
        if not self._is_inside(place) or place in self.files:
            return True
        if any(place == tree or place.startswith(f"{tree}/") for tree in self.trees):
            return True
        folder = os.path.dirname(place)  # noqa: PTH120 - texts
        return folder.endswith(SAYS_WHAT_IS_INSTALLED) or is_installed(folder)

    def _is_inside(self, place: str) -> bool:
        return any(place.startswith(f"{folder}/") for folder in self.folders)

    def _is_first_party(self, written: str) -> bool:
        """Whether code that names this file as its own is what people edit here."""
        if written.startswith("<frozen "):
            return False
        place = os.path.abspath(written)  # noqa: PTH100 - a text
        return self._is_inside(place) and not is_installed(os.path.dirname(place))  # noqa: PTH120

    def _is_known_code(self, place: str) -> bool:
        """Whether a source may be loaded, by whatever links it is reached."""
        real = os.path.realpath(place)
        is_known = self._may_read(place) or self._may_read(real) or real in self._real_files
        return is_known or place in self.written

    @cached_property
    def _real_files(self) -> frozenset[str]:
        return frozenset(map(os.path.realpath, self.files))


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


def _begins(flags: object, size: int | None) -> bool:
    """Whether a file is opened so that nothing of what it held before can be read."""
    if not isinstance(flags, int):
        return False
    return bool(flags & os.O_TRUNC or (flags & os.O_CREAT and size is None))


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        opened = current_observer()
        if opened is not None:
            opened(arguments[0], arguments[2])
    elif event == "import" and arguments[1] is not None:  # a native module, which nobody opens
        opened = current_observer()
        if opened is not None:
            opened(arguments[1], None)


@cache
def _listen() -> None:
    """Add the hook once: it can't be taken away, and stays silent where no stage runs."""
    sys.addaudithook(_hook)
