"""Files that modules read when they are imported: ``WORDS = Path("words.txt").read_text()``.

No call of a stage reads them, and all of its outputs may depend on them; so they count as the code
that read them does. Python tells of every file that it opens (see `executed`); it is noted for the
module at work on its own top level, from the import of this module on. Of the script that runs,
what stands below ``if __name__ == "__main__":`` is no part of its stages.

Not seen are files that a native library opens, and those that were read before this module was
imported.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from stat import S_ISREG
from types import CodeType, FrameType
from typing import Final, NamedTuple

from distill.errors import SourceError
from distill.receipts.code.executed import is_foreign
from distill.receipts.digest import Digest, digest_file
from distill.receipts.identities import identity_text
from distill.receipts.openers import SAYS_WHAT_IS_INSTALLED, opener, reads, size_of

_ENGINE: Final = "distill"
_GUARD: Final = "if __name__"
_CLOSING: Final = (" ", "\t", "#", ")", "]", "}", "\n", "\r")

_SMALL: Final = 2**20  # bytes: files up to here are read, so that a touch is told from an edit


class Before(NamedTuple):
    """What a file was when a module read it: its identity, and the digest of a small one."""

    identity: str
    digest: Digest | None


#: What each module's file read, and what it was then. It outlives calls on purpose, as the modules
#: do; a reload replaces it.
_read: Final[dict[str, dict[str, Before]]] = {}


def read_by(module: Path | str) -> Mapping[str, Before]:
    """Return what a module's file read on import, and what it was then, by absolute path."""
    return _read.get(os.path.realpath(module), {}) if _read else {}


def all_read_by(modules: Iterable[str]) -> list[tuple[str, str]]:
    """Return what the files of some modules read on import, and the identities of then."""
    if not _read:
        return []
    found = (one for module in modules for one in read_by(module).items())
    return sorted({(place, before.identity) for place, before in found})


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        _note(arguments[0], arguments[2])
    elif event == "exec" and _read:
        code = arguments[0]
        if isinstance(code, CodeType) and code.co_name == "<module>":
            _read.pop(os.path.realpath(code.co_filename), None)  # it is executed anew


def _note(path: object, flags: object) -> None:
    """Note a file that is about to be opened, if a module of the user's reads it on import."""
    module = _module_at_work()
    if module is None or not isinstance(path, str | bytes | os.PathLike):
        return
    place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a text
    size = None if is_foreign(place) else size_of(place)
    folder = os.path.dirname(place)  # noqa: PTH120 - a text
    if size is None or not reads(flags, size) or folder.endswith(SAYS_WHAT_IS_INSTALLED):
        return
    if opener(lambda written: not is_foreign(written)) == "stage":
        before = _before(place)
        if before is not None:
            _read.setdefault(os.path.realpath(module), {})[place] = before


def _before(place: str) -> Before | None:
    """Return what a file is; null for a pipe, a device and what may not be read."""
    try:
        status = os.stat(place)  # noqa: PTH116 - a text
        if not S_ISREG(status.st_mode):
            return None
        digest = digest_file(Path(place)) if status.st_size <= _SMALL else None
    except (OSError, SourceError):
        return None
    return Before(identity_text(status), digest)


def _module_at_work() -> str | None:
    """Return the file of the user's module that is being executed; null where a stage or none is.

    The engine reads files too, and runs stages, which are watched.
    """
    frame: FrameType | None = sys._getframe(3)  # that which opens a file, above the hook
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if isinstance(name, str) and name.partition(".")[0] == _ENGINE:
            return None
        code = frame.f_code
        if code.co_name == "<module>" and not is_foreign(code.co_filename):
            is_script_s = name == "__main__" and _is_guarded(code.co_filename, frame.f_lineno)
            return None if is_script_s else code.co_filename
        frame = frame.f_back
    return None


def _is_guarded(script: str, line: int) -> bool:
    """Whether a line of a script stands below ``if __name__ == "__main__":``."""
    try:
        with open(script, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            lines = file.readlines()[:line]
    except OSError:
        return False
    outer = (one for one in reversed(lines) if one and not one.startswith(_CLOSING))
    return next(outer, "").startswith(_GUARD)


sys.addaudithook(_hook)
