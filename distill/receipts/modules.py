"""Finding the files of modules without importing them, and telling whose they are.

First-party is what people edit: modules of the stage's own top-level package, and every module that
lies neither in the standard library nor among the installed distributions.
"""

import inspect
import os
import sys
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from distill.errors import CodeStateError
from distill.receipts.real_paths import is_within
from distill.receipts.traces import Traces

INIT = "__init__"


class Module(NamedTuple):
    """A module's dotted name, its file, and the folder that its package is imported from."""

    name: str
    file: Path
    root: Path

    @property
    def recorded(self) -> str:
        """How a claim names the file: below its import root."""
        return self.file.relative_to(self.root).as_posix()

    def name_of(self, function: Callable[..., object]) -> str:
        """Return how a claim names a function of this module: ``module:qualname``."""
        return f"{self.name}:{inspect.unwrap(function).__qualname__}"

    @property
    def package(self) -> str:
        """The package that relative imports in this module start from."""
        return self.name if self.file.stem == INIT else self.name.rpartition(".")[0]


def module_of(function: Callable[..., object]) -> Module:
    """Return the module in which a function is defined; a script counts as one.

    Raises:
        CodeStateError: there is no file to read (a shell, a notebook, ``python -c``).
    """
    inner = inspect.unwrap(function)
    module = sys.modules.get(inner.__module__)
    place = getattr(module, "__file__", None) or inner.__code__.co_filename
    file = Path(place).resolve()
    if not file.is_file():
        raise CodeStateError(
            f"the code of {inner.__qualname__} lies in no file ({place})",
            "define the stage in a .py file",
        )
    spec = getattr(module, "__spec__", None)
    name = spec.name if inner.__module__ == "__main__" and spec is not None else inner.__module__
    parts = name.split(".")
    tail = file.parent if file.stem == INIT else file.with_suffix("")
    if list(tail.parts[-len(parts) :]) == parts:
        return Module(name, file, tail.parents[len(parts) - 1])
    return Module(file.stem, file, file.parent)


class Finder:
    """Finds first-party modules, as seen from one stage's module."""

    def __init__(self, stage: Module, traces: Traces) -> None:
        self._stage = stage
        self._traces = traces
        self._own = stage.name.partition(".")[0]
        self._roots: dict[str, Path | None] = {}
        self._found: dict[str, Module | None] = {}

    def find(self, name: str) -> Module | None:
        """Return a first-party module by its dotted name, or None if it is none."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Module | None:
        root = self.root_of(name.partition(".")[0])
        if root is None:
            return None
        base = f"{root}/{name.replace('.', '/')}"  # texts: most names are no module
        for file in (f"{base}/{INIT}.py", f"{base}.py"):
            if self._traces.has_file(file):
                return Module(name, Path(file), root)
        return None

    def root_of(self, top: str) -> Path | None:
        """Return the folder that a top-level name is imported from, or None if not first-party."""
        if top not in self._roots:
            self._roots[top] = self._find_root(top)
        return self._roots[top]

    def _find_root(self, top: str) -> Path | None:
        beside = self._stage.root
        if top == self._own or (self._holds(beside, top) and not is_installed(beside)):
            return beside
        if top in sys.stdlib_module_names:
            return None
        self._traces.tops.add(top)
        place = _place_of(top)
        return None if place is None or is_installed(place) else place

    def _holds(self, root: Path, top: str) -> bool:
        places = (root / f"{top}.py", root / top / f"{INIT}.py")
        return any(self._traces.has_file(place) for place in places)


def _place_of(top: str) -> Path | None:
    """Return the folder that Python would import a top-level name from; nothing is imported."""
    import importlib.util  # noqa: PLC0415 - these three cost as much as Python's own start

    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return Path(spec.origin).resolve().parent if spec.has_location and spec.origin else None


def on_import_path(tops: Collection[str]) -> list[str]:
    """Return what on the import path bears one of these names.

    Law: as long as it is the same, Python would import the names from the same places.
    """
    found: list[str] = []
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))  # noqa: PTH208 - names are enough
        except OSError:
            continue
        place = os.path.abspath(folder)  # noqa: PTH100 - "" is the current folder
        for name in names:
            if name.partition(".")[0] in tops:
                is_package = os.path.lexists(f"{place}/{name}/{INIT}.py")
                found.append(f"{place}/{name} {is_package}")
    return found


def is_installed(place: Path) -> bool:
    """Whether a folder belongs to the standard library or to installed distributions."""
    return _is_installed(os.fspath(place))


@lru_cache(maxsize=1024)  # it follows from the path: where Python lies does not change
def _is_installed(place: str) -> bool:
    if {"site-packages", "dist-packages"} & set(place.split("/")):
        return True
    return any(is_within(place, os.fspath(folder)) for folder in _installed_folders())


@cache
def _installed_folders() -> tuple[Path, ...]:
    import site  # noqa: PLC0415 - see _place_of
    import sysconfig  # noqa: PLC0415

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(name) for name in names]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple({Path(folder).resolve() for folder in folders if folder})
