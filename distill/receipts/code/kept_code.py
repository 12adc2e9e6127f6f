"""The code of stages as it ran, kept in ``.distill/code``, to say later which functions changed.

A file lies under the digest that receipts have for it, which is over its syntax; so what is kept is
held against its name when it is read, and damage is seen. It is derived from nothing and needed for
nothing else: without it a change is told by the file alone. A receipt holds no digest a function,
because every receipt would carry them for ever and nobody could check them without the file.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from distill.receipts.code.syntax import read_source, units_of
from distill.receipts.digest import Digest
from distill.receipts.outcome import Difference
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.workspace import Workspace

_FOLDER: Final = ".distill/code"
_MAX_BYTES: Final = 2**24


def keep_code(workspace: Workspace, modules: Iterable[tuple[str, str, Digest]]) -> None:
    """Keep the files of modules that are about to run; what can't be written is left."""
    folder = workspace.root / _FOLDER
    for _, file, digest in modules:
        place = folder / digest.hex
        if place.exists():
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f"{place.name}.{os.getpid()}")
            partial.write_bytes(Path(file).read_bytes())
            partial.replace(place)
        except OSError:
            return


def changed_functions(workspace: Workspace, difference: Difference) -> tuple[str, ...]:
    """Return the functions and methods of a code file that changed, came or went, sorted.

    ``(module)`` is what stands outside of them. Empty where that can't be told: the former code is
    not kept, or the file is not where it was.
    """
    if difference.file is None or difference.old is None or difference.new is None:
        return ()
    former = workspace.root / _FOLDER / difference.old.removeprefix("blake3:")
    before, after = _units(former, difference.old), _units(Path(difference.file), difference.new)
    if before is None or after is None:
        return ()
    names = {*before, *after}
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def _units(file: Path, digest: str) -> dict[str, str] | None:
    content = read_plain(file, _MAX_BYTES)
    if isinstance(content, Unread) or str(read_source(content).digest) != digest:
        return None
    try:
        return units_of(content)
    except (SyntaxError, ValueError):
        return None
