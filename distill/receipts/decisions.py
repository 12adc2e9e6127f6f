"""Remembered decisions: a call that was skipped is skipped again without another look.

A decision is remembered with the identity of everything that it was made from: inputs and outputs,
the ref and the receipts of the slot, every file of the code, every place where a module was looked
for and not found, what is installed, and all that the call was given. If one of these differs, the
call is looked at as if nothing were remembered.

Law: a remembered decision is the one that `distill.receipts.survey` would come to, as far as the
rule of the stat cache holds: what keeps device, inode, size, mtime and ctime was not written to.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distill.receipts.binding import Call
from distill.receipts.calling import StageIdentity
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.engine import engine_files, engine_folders
from distill.receipts.identities import Sight
from distill.receipts.installed import installed_token
from distill.receipts.loaded import are_as_loaded
from distill.receipts.modules import on_import_path
from distill.receipts.paths import split_root
from distill.receipts.stat_cache import StatCache
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:
    from distill.receipts.survey import Survey
    from distill.receipts.traces import Traces


@dataclass(frozen=True)
class Decision:
    """A call that need not run: why, and the receipt that stands for it."""

    reason: str
    receipt: Digest


@dataclass(frozen=True)
class Decisions:
    """What is remembered of the calls of one stage that write to the same places."""

    workspace: Workspace
    call: Call
    who: StageIdentity
    cache: StatCache

    def recall(self) -> Decision | None:
        """Return the decision that stands, null where the call must be looked at."""
        known = self.cache.entry_of(self._name)
        if known is None:
            return None
        held = json.loads(known[1])
        found = self._see(held)
        if found is None or found[0] != known[0]:
            return None
        modules = ((name, file, Digest(digest)) for name, file, digest in held["modules"])
        if not are_as_loaded(modules):
            return None
        return Decision(held["reason"], Digest(held["receipt"]))

    def remember(self, found: "Survey", traces: "Traces") -> None:
        """Keep the decision to skip, unless something that it was made from is too new."""
        receipt = found.passed
        if receipt is None or found.plan.status != "fresh" or found.rests_on is None:
            return
        held = {
            "reason": found.plan.reason,
            "receipt": receipt.digest.hex,
            "outputs": [entry.path for entry in receipt.claim.outputs],
            "plain": [os.fspath(path) for path in found.rests_on],
            "present": sorted({*traces.present, *map(str, (*engine_folders(), *engine_files()))}),
            "absent": sorted(traces.absent),
            "tops": sorted(traces.tops),
            "modules": traces.modules,
        }
        seen = self._see(held)
        if seen is not None and self.cache.is_settled(seen[1]):
            self.cache.keep(self._name, seen[0], json.dumps(held))

    @property
    def _name(self) -> str:
        return f"decision:{self.who.stage}:{self.call.slot}"

    def _see(self, held: Mapping[str, Any]) -> tuple[str, int] | None:
        """Return the identity of all that a decision rests on, and when it was last written to."""
        token = installed_token(self.cache)
        sight = Sight()
        outputs = [_place(self.workspace, recorded) for recorded in held["outputs"]]
        is_there = (
            token is not None
            and sight.followed(os.fspath(one.place) for one in self.call.inputs)
            and sight.plain([*outputs, *held["plain"]])
            and sight.followed(held["present"])
            and sight.absent(held["absent"])
        )
        if not is_there:
            return None
        folders = [os.path.realpath(folder) for folder in _folders(outputs)]
        names = on_import_path(frozenset(held["tops"]))
        parts = [token, self._given(), folders, names, sight.lines]
        text = json.dumps(parts).encode()
        return digest_bytes(text).hex, sight.newest_ns

    def _given(self) -> Sequence[object]:
        """Return all that decides and lies in no file."""
        who, call, workspace = self.who, self.call, self.workspace
        roots = sorted((name, str(place)) for name, place in workspace.roots.items())
        return [
            [sys.version, sys.implementation.cache_tag],
            [str(workspace.root), roots],
            [who.stage, who.version, who.function],
            [who.module.name, str(who.module.file), str(who.module.root)],
            [(one.role, one.recorded) for one in call.inputs],
            [(one.role, one.path, one.kind) for one in call.targets],
            _recorded(call.parameters),
        ]


def _recorded(parameters: Mapping[str, object]) -> object:
    """Return parameters as JSON: equal JSON stands for equal parameters of a claim."""
    if all(type(value) in {str, int, bool, type(None)} for value in parameters.values()):
        return parameters
    from distill.receipts.parameters import record_parameters  # noqa: PLC0415 - few have such

    return record_parameters(parameters)


def _place(workspace: Workspace, recorded: str) -> str:
    """Return where a recorded output lies; whether it may lie there was asked when it was read."""
    root, below = split_root(recorded)
    folder = workspace.root if root is None else workspace.roots.get(root)
    return f"{folder}/{below}"


def _folders(places: Iterable[str]) -> list[str]:
    return sorted({os.path.dirname(place) for place in places})  # noqa: PTH120 - texts
