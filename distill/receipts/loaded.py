"""Holding the code on the disk against the code that this process has loaded.

A process that lives long goes on with the code that it once imported. If a file is edited
meanwhile, a receipt would name code that did not run, and the next process would take the outputs
for fresh.
"""

import sys
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
    loaded = sys.modules.get(module.name) or sys.modules.get("__main__")
    if loaded is None or not _is_from(loaded, module.file):
        return
    spec = getattr(loaded, "__spec__", None)
    seen = _first_seen.get(loaded)
    if seen is None or seen[0] is not spec:
        _first_seen[loaded] = (spec, digest)
    elif seen[1] != digest:
        raise CodeStateError(
            f"the code {module.recorded} was edited after this process loaded it",
            "start the process again, so that the code which runs is the code which is recorded",
        )


def _is_from(loaded: ModuleType, file: Path) -> bool:
    place = getattr(loaded, "__file__", None)
    return place is not None and Path(place).resolve() == file
