"""Finding the files of modules without importing them, as seen from one stage's module."""

import os
import sys
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

from distill.receipts.code.installed import installed
from distill.receipts.code.modules import INIT, Module, is_installed
from distill.receipts.code.traces import Traces


class Finder:
    """Finds first-party modules, where Python would import them from.

    What lies among the installed distributions and belongs to none of them has no version, so it is
    taken for first-party, too.
    ``foreign`` are the top-level names asked for that come, at least in part, from elsewhere.
    """

    def __init__(self, stage: Module, traces: Traces) -> None:
        self.foreign: set[str] = set()
        self._stage = stage
        self._traces = traces
        self._own = stage.name.partition(".")[0]
        self._first = [Path(folder) for folder in searched_first(stage.root)]
        self._roots: dict[str, tuple[Path, ...]] = {}
        self._found: dict[str, Module | None] = {}
        self._below_modules: set[str] = set()

    def find(self, name: str) -> Module | None:
        """Return a first-party module by its dotted name, or None if it is none.

        What Python runs without a source (a native or a compiled module, an archive) is one too.
        """
        if name not in self._found:
            self._found[name] = None if self._is_below_a_module(name) else self._find(name)
        return self._found[name]

    def folders_of(self, name: str) -> Iterator[tuple[Path, Path]]:
        """Yield the folders of a package and their import roots; it needs no ``__init__``."""
        package = self.find(name)
        if package is not None:
            if package.file.stem == INIT:
                yield package.file.parent, package.root
            return
        for root in self.roots_of(name.partition(".")[0]):
            folder = root / name.replace(".", "/")
            if folder.is_dir():
                yield folder, root
            else:
                self._traces.absent.add(os.fspath(folder))

    def roots_of(self, top: str) -> tuple[Path, ...]:
        """Return the folders that a top-level name is imported from; none if not first-party.

        A package without an ``__init__`` may lie in several.
        """
        if top not in self._roots:
            self._roots[top] = self._find_roots(top)
        return self._roots[top]

    @cached_property
    def _names_of_distributions(self) -> Collection[str]:
        return installed(self._traces.cache).names

    def _is_below_a_module(self, name: str) -> bool:
        """Whether a name stands for something inside of a module: no file can have it."""
        above = name.rpartition(".")[0]
        if not above:
            return False
        module = self.find(above)
        is_below = above in self._below_modules or (
            module is not None and not module.file.stem.startswith(INIT)
        )
        if is_below:
            self._below_modules.add(name)
        return is_below

    def _find(self, name: str) -> Module | None:
        for root in self.roots_of(name.partition(".")[0]):
            if root.is_file():  # an archive
                self._traces.saw(root)
                return Module(name, root, root.parent)
            base = f"{root}/{name.replace('.', '/')}"  # texts: most names are no module
            for end in (f"/{INIT}.py", ".py", *_compiled()):
                if self._traces.has_file(base + end):
                    return Module(name, Path(base + end), root)
        return None

    def _find_roots(self, top: str) -> tuple[Path, ...]:
        for root in self._first:
            if self._holds(root, top):
                return (root,)
        if top in sys.stdlib_module_names:
            self.foreign.add(top)
            return ()
        self._traces.tops.add(top)
        places = list(_places_of(top))
        roots = tuple(
            dict.fromkeys(
                root
                for root, real in places
                if not is_installed(real) or top not in self._names_of_distributions
            )
        )
        if len(roots) < len(places) or not places:
            self.foreign.add(top)
        if top == self._own and self._stage.root not in roots:
            return (self._stage.root, *roots)
        return roots

    def _holds(self, root: Path, top: str) -> bool:
        places = (f"{root}/{top}.py", f"{root}/{top}/{INIT}.py")
        return any(self._traces.has_file(place) for place in places)


def searched_first(beside: Path) -> list[str]:
    """Return the folders that Python searches before what is installed, up to a module's own.

    A module that lies on no import path has only what lies beside it.
    """
    ahead: list[str] = []
    for entry in sys.path:
        place = os.path.realpath(entry)
        if place == str(beside):
            break
        if not is_installed(place) and os.path.isdir(place):  # noqa: PTH112 - a text
            ahead.append(place)
    else:
        ahead = []
    return ahead if is_installed(beside) else [*ahead, str(beside)]


def _compiled() -> tuple[str, ...]:
    """Return how the file of a module may end that is no source, in Python's order."""
    from importlib.machinery import EXTENSION_SUFFIXES  # noqa: PLC0415 - a call that is skipped asks not

    return (*EXTENSION_SUFFIXES, ".pyc")


def _places_of(top: str) -> Iterator[tuple[Path, Path]]:
    """Yield the folders that Python would import a top-level name from; nothing is imported.

    With each comes where it really lies, which may be elsewhere by a link.
    """
    import importlib.util  # noqa: PLC0415 - these cost as much as Python's own start

    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return
    if spec is None:
        return
    found = list(spec.submodule_search_locations or ())
    if not found and spec.has_location and spec.origin:
        found = [spec.origin]
    for place in found:
        yield Path(place).parent.resolve(), Path(place).resolve().parent
