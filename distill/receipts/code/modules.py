"""The files of modules, and whose they are.

First-party is what people edit: modules of the stage's own top-level package, and every module that
lies neither in the standard library nor among the installed distributions. A module that lies there
and belongs to no distribution has no version, and is first-party too (`receipts.code.finder`).
"""

import inspect
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import CodeStateError

INIT = "__init__"
_DISTRIBUTIONS: Final = ("/site-packages/", "/dist-packages/")
_OS: Final = os.path.dirname(os.__file__)  # noqa: PTH120 - a text, which is asked for every module
_STDLIB: Final = (f"{_OS}/", f"{os.path.realpath(_OS)}/")


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
    is_at_home = getattr(inner, "__globals__", {}).get("__name__") == inner.__module__
    place = file_of(inner) if is_at_home else None
    place = place or getattr(module, "__file__", None) or inner.__code__.co_filename
    file = Path(place).resolve()
    if not file.is_file():
        raise CodeStateError(
            f"the code of {inner.__qualname__} lies in no file ({place})",
            "define the stage in a .py file",
        )
    return loaded_module(inner.__module__, file, place)


def file_of(function: Callable[..., object]) -> str | None:
    """Return the file of the module that a function is defined in, as that module says itself.

    What runs a script may be the module ``__main__`` in its place (``python -m cProfile``).
    """
    scope = getattr(function, "__globals__", {})
    loaded = sys.modules.get(scope.get("__name__", ""))
    file = scope.get("__file__") or getattr(loaded, "__file__", None)
    return file if isinstance(file, str) else None


def loaded_module(loaded: str, file: Path, place: str) -> Module:
    """Return a module by the name that it is loaded under; ``file`` is its place without links."""
    spec = getattr(sys.modules.get(loaded), "__spec__", None)
    name = spec.name if loaded == "__main__" and spec is not None else loaded
    for seen in (file, Path(place).absolute()):  # a folder on the way may be a link
        root = _root_of(seen, name)
        if root is not None:
            return Module(name, seen, root)
    return Module(file.stem, file, file.parent)


def _root_of(file: Path, name: str) -> Path | None:
    """Return the folder that a module of this name is imported from, if its file says so."""
    parts = name.split(".")
    tail = file.parent if file.stem == INIT else file.with_suffix("")
    return tail.parents[len(parts) - 1] if list(tail.parts[-len(parts) :]) == parts else None


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


def is_installed(place: Path | str) -> bool:
    """Whether a folder belongs to the standard library or to installed distributions.

    Every scheme of `sysconfig` and `site` gives the folder of distributions one of two names, and a
    text that holds it is told sooner than these modules are imported.
    """
    inside = f"{os.fspath(place)}/"
    return inside.startswith(_STDLIB) or any(name in inside for name in _DISTRIBUTIONS)
