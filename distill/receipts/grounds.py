"""What something that is remembered rests on, and whether all of it is as it was.

Law: while `seen` returns the same identity, everything that is named here holds the same bytes, or
is still not there, as far as the rule of the stat cache goes.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from distill.receipts.code.modules import on_import_path
from distill.receipts.digest import digest_bytes
from distill.receipts.look import Look
from distill.receipts.paths import split_root
from distill.receipts.workspace import Workspace


def this_python() -> list[object]:
    """Return what tells the Python that runs from another, and what ``-O`` makes it leave out."""
    return [sys.version, sys.implementation.cache_tag, sys.flags.optimize]


class Grounds(NamedTuple):
    """What was read, what was looked for in vain, and which names Python was asked for.

    ``inputs`` and ``outputs`` are recorded paths; an output is no link. The other paths are
    absolute: ``plain`` files, ``present`` files and folders that may be links, and what is
    ``absent``. ``tops`` were looked for on the import path.
    """

    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()
    plain: Sequence[str] = ()
    present: Sequence[str] = ()
    absent: Sequence[str] = ()
    tops: Sequence[str] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Grounds":
        """Return the grounds that `as_json` wrote."""
        return cls(**value)

    def as_json(self) -> dict[str, Any]:
        """Return the grounds as JSON."""
        return self._asdict()

    def places(self, workspace: Workspace) -> dict[str, str]:
        """Return where inputs and outputs lie, by their recorded paths."""
        return {path: _place(workspace, path) for path in (*self.inputs, *self.outputs)}

    def seen(
        self, workspace: Workspace, look: Look, given: Sequence[object]
    ) -> tuple[str, int] | None:
        """Return the identity of all of it, and when it was last written to; null if any is gone.

        ``given`` is what counts too and lies in no file.
        """
        token, sight = look.installed, look.sight()
        outputs = [_place(workspace, path) for path in self.outputs]
        is_there = (
            token is not None
            and sight.followed(_place(workspace, path) for path in self.inputs)
            and sight.plain([*outputs, *self.plain])
            and sight.followed(self.present)
            and sight.absent(self.absent)
        )
        if not is_there:
            return None
        folders = [os.path.realpath(folder) for folder in _folders(outputs)]
        names = on_import_path(frozenset(self.tops))
        text = json.dumps([token, given, folders, names, sight.lines])
        return digest_bytes(text.encode()).hex, sight.newest_ns


def _place(workspace: Workspace, recorded: str) -> str:
    """Return where a recorded file lies; whether it may lie there was asked when it was read."""
    root, below = split_root(recorded)
    folder = workspace.root if root is None else workspace.roots.get(root)
    return f"{folder}/{below}"


def _folders(places: Iterable[str]) -> list[str]:
    return sorted({os.path.dirname(place) for place in places})  # noqa: PTH120 - texts
