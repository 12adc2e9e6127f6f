"""Holding the code on the disk against the code that this process has loaded.

A process that lives long goes on with the code that it once imported. If a file is edited
meanwhile, a receipt would name code that did not run, and the next process would take the outputs
for fresh.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from weakref import WeakKeyDictionary

from distill.errors import CodeStateError
from distill.receipts.digest import Digest
from distill.receipts.modules import Module

# What each module's file held when it was first looked at, and the spec that it was loaded by: a
# reload makes a new spec. It outlives a call on purpose, as the loaded modules do.
_first_seen: WeakKeyDictionary[ModuleType, tuple[object, Digest]] = WeakKeyDictionary()


def demand_loaded(module: Module, digest: Digest) -> None:
    """Refuse code that was edited after this process loaded it; a reload makes it good again.

    An edit between the import and the first look can't be seen.

    Raises:
        CodeStateError: naming the file.
    """
    if not is_as_loaded(module.name, str(module.file), digest):
        raise CodeStateError(
            f"the code {module.recorded} was edited after this process loaded it",
            "start the process again, so that the code which runs is the code which is recorded",
        )


def is_as_loaded(name: str, file: str, digest: Digest) -> bool:
    """Return whether a file still holds what this process loaded from it, as far as it is known.

    The first look at a module, or at a reload of it, is what later ones are held against.
    """
    loaded = sys.modules.get(name) or sys.modules.get("__main__")
    if loaded is None or not _is_from(loaded, file):
        return True
    spec = getattr(loaded, "__spec__", None)
    seen = _first_seen.get(loaded)
    if seen is None or seen[0] is not spec:
        _first_seen[loaded] = (spec, digest)
        return True
    return seen[1] == digest


def are_as_loaded(modules: Iterable[tuple[str, str, Digest]]) -> bool:
    """Return whether `is_as_loaded` says so of all; it is asked of every one, so all are noted."""
    answers = [is_as_loaded(name, file, digest) for name, file, digest in modules]
    return all(answers)


def _is_from(loaded: ModuleType, file: str) -> bool:
    place = getattr(loaded, "__file__", None)
    return place is not None and (place == file or str(Path(place).resolve()) == file)
