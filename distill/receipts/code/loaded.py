"""Holding the code on the disk against the code that this process has loaded.

A process that lives long goes on with the code that it once imported. If a file is edited
meanwhile, a receipt would name code that did not run, and the next process would take the outputs
for fresh.

1. A file that was written before this process began is what was loaded from it.
2. So is one that has the identity which it had when it was executed; one that was touched, or
   edited in comments only, is compared as code (`distill.receipts.code.executed`).
3. A module that was loaded before the engine was is held against its source of then, if that is
   older than the process. If it was written in between, its functions must be those of the file,
   and an edit in that span of anything else is not seen; a later write is refused.
4. After the first look the digest of the syntax decides, until a reload.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from weakref import WeakKeyDictionary

from distill.errors import CodeStateError
from distill.receipts.code.executed import BEGAN_NS, LISTENING_NS, executed, sources_before
from distill.receipts.code.modules import Module
from distill.receipts.digest import Digest
from distill.receipts.identities import identity_text

# What each module's file held when it was first looked at, and the spec that it was loaded by: a
# reload makes a new spec. It outlives a call on purpose, as the loaded modules do.
_first_seen: WeakKeyDictionary[ModuleType, tuple[object, Digest]] = WeakKeyDictionary()


def demand_loaded(module: Module, digest: Digest) -> None:
    """Refuse code that was edited after this process loaded it; a reload makes it good again.

    Raises:
        CodeStateError: naming the file.
    """
    if not is_as_loaded(module.name, str(module.file), digest):
        from distill.receipts.code.bytecode import demand_compiled  # noqa: PLC0415 - seldom

        demand_compiled([(module.name, str(module.file), digest)])  # this tells more
        raise CodeStateError(
            f"the code {module.recorded} was edited after this process loaded it",
            "start the process again, so that the code which runs is the code which is recorded",
        )


def is_as_loaded(name: str, file: str, digest: Digest) -> bool:
    """Return whether a file still holds what this process loaded from it, as far as it is known.

    ``digest`` is that of the syntax which the file holds.
    """
    loaded = sys.modules.get(name)
    if loaded is None or not _is_from(loaded, file):
        loaded = sys.modules.get("__main__")
        if loaded is None or not _is_from(loaded, file):
            return True
    spec = getattr(loaded, "__spec__", None)
    seen = _first_seen.get(loaded)
    if seen is None or seen[0] is not spec:
        if not _is_unwritten(loaded, file):
            return False
        _first_seen[loaded] = (spec, digest)
        return True
    return seen[1] == digest


def are_as_loaded(modules: Iterable[tuple[str, str, Digest]]) -> bool:
    """Return whether `is_as_loaded` says so of all; it is asked of every one, so all are noted."""
    answers = [is_as_loaded(name, file, digest) for name, file, digest in modules]
    return all(answers)


def _is_unwritten(loaded: ModuleType, file: str) -> bool:
    """Return whether a module that is looked at for the first time is what its file holds."""
    try:
        status = os.stat(file)  # noqa: PTH116 - for every module
    except OSError:
        return False
    written_ns = max(status.st_mtime_ns, status.st_ctime_ns)
    if written_ns < BEGAN_NS or not file.endswith(".py"):
        return True
    place = os.path.abspath(loaded.__file__ or file)  # noqa: PTH100 - a text
    noted = executed.get(place)
    is_same = noted is not None and noted.identity == identity_text(status)
    if noted is not None and is_same and (noted.is_settled or _is_rewritten(loaded)):
        return True
    from distill.receipts.code.same_code import gives, gives_functions  # noqa: PLC0415 - seldom

    if noted is not None:
        return gives(file, noted.code)
    if written_ns < LISTENING_NS:
        return gives_functions(file, loaded)
    before = sources_before.get(place)
    return before is not None and gives(file, before)


def _is_rewritten(loaded: ModuleType) -> bool:
    """Whether a loader changes the code that a source gives, as pytest's does: none compares it."""
    loader = getattr(loaded, "__loader__", None)
    return not (loader is None or type(loader).__module__.startswith("_frozen_importlib"))


def _is_from(loaded: ModuleType, file: str) -> bool:
    place = getattr(loaded, "__file__", None)
    return place is not None and (place == file or str(Path(place).resolve()) == file)
