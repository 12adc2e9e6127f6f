"""What the stat cache forgets: what was read off files that are gone, and skips that left nothing.

Law: a cache has at most twice the entries that it would have if it forgot at once, or `FEW`. To
look costs a status for every entry, so it is done when they have doubled.
"""

import json
import os
from collections.abc import Mapping
from typing import Final

from distill.receipts.paths import split_root
from distill.receipts.workspace import Workspace

FEW: Final = 10_000
_COUNT: Final = "cache:count"
_DECISION: Final = "decision:"
_CODE: Final = "code:"
#: Facts that are no file's: there are few of them.
_OTHERS: Final = ("answer:", "cache:", "installed:", "scrub:")

Entry = tuple[str, str]


def remembered(workspace: Workspace, held: Mapping[str, Entry]) -> Mapping[str, Entry]:
    """Return the entries that are worth keeping, in their order."""
    before = held.get(_COUNT, ("", "0"))[1]
    if len(held) <= max(FEW, 2 * int(before) if before.isdecimal() else 0):
        return held
    kept = {name: entry for name, entry in held.items() if _is_of_use(workspace, name, entry[1])}
    kept[_COUNT] = ("", str(len(kept)))
    return kept


def _is_of_use(workspace: Workspace, name: str, value: str) -> bool:
    if name.startswith(_CODE):
        return os.path.lexists(name.removeprefix(_CODE))
    if name.startswith(_DECISION):
        return _has_outputs(workspace, value)
    if name.startswith(_OTHERS):
        return True
    root, below = split_root(name)
    folder = workspace.root if root is None else workspace.roots.get(root)
    return folder is not None and os.path.lexists(folder / below)


def _has_outputs(workspace: Workspace, decision: str) -> bool:
    try:
        outputs = json.loads(decision)["grounds"]["outputs"]
        return any(_is_of_use(workspace, str(path), "") for path in outputs)
    except (ValueError, LookupError, TypeError):
        return False
