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
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from distill.errors import ContractError
from distill.receipts.binding import Call
from distill.receipts.calling import StageIdentity
from distill.receipts.code.finder import searched_first
from distill.receipts.code.loaded import are_as_loaded
from distill.receipts.code.read_on_import import all_read_by
from distill.receipts.digest import Digest
from distill.receipts.engine import engine_files, engine_folders
from distill.receipts.grounds import Grounds, this_python
from distill.receipts.look import Look
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:
    from distill.receipts.code.traces import Traces
    from distill.receipts.stat_cache import StatCache
    from distill.receipts.survey import Survey


class Decision(NamedTuple):
    """A call that need not run: why, the receipt that stands for it, and what it rests on.

    ``modules`` are those of the code: name, file, digest.
    """

    reason: str
    receipt: Digest
    grounds: Grounds
    modules: Sequence[tuple[str, str, Digest]]

    @classmethod
    def of(cls, text: str) -> "Decision | None":
        """Return the decision that `text` wrote; null where another version of Distill did."""
        try:
            held = json.loads(text)
            modules = [(name, file, Digest(digest)) for name, file, digest in held["modules"]]
            grounds = Grounds.of(held["grounds"])
            return cls(held["reason"], Digest(held["receipt"]), grounds, modules)
        except (KeyError, TypeError, ValueError, ContractError):
            return None

    @property
    def text(self) -> str:
        """The decision as JSON."""
        modules = [(name, file, digest.hex) for name, file, digest in self.modules]
        held = {"reason": self.reason, "receipt": self.receipt.hex, "modules": modules}
        return json.dumps(held | {"grounds": self.grounds.as_json()})


class Decisions(NamedTuple):
    """What is remembered of the calls of one stage that write to the same places."""

    workspace: Workspace
    call: Call
    who: StageIdentity
    look: Look

    @property
    def cache(self) -> "StatCache":
        """What is known of files."""
        return self.look.cache

    def recall(self) -> Decision | None:
        """Return the decision that stands, null where the call must be looked at.

        Inputs come first: where one was written to, all else need not be asked for.
        """
        known = self.cache.entry_of(self._name)
        if known is None or not self._are_inputs_known():
            return None
        decision = Decision.of(known[1])
        if decision is None:
            return None
        given = self._given(decision.modules)
        seen = decision.grounds.seen(self.workspace, self.look, given)
        if seen is None or seen[0] != known[0] or not are_as_loaded(decision.modules):
            return None
        return decision

    def remember(self, found: "Survey", traces: "Traces") -> None:
        """Keep the decision to skip, unless something that it was made from is too new."""
        receipt = found.passed
        if receipt is None or found.plan.status != "fresh" or found.rests_on is None:
            return
        engine = map(str, (*engine_folders(), *engine_files()))
        grounds = Grounds(
            inputs=[one.recorded for one in self.call.inputs],
            outputs=[entry.path for entry in receipt.claim.outputs],
            plain=[os.fspath(path) for path in found.rests_on],
            present=sorted({*traces.present, *engine}),
            absent=sorted(traces.absent),
            tops=sorted(traces.tops),
        )
        given = self._given(traces.modules)
        seen = grounds.seen(self.workspace, Look(self.cache), given)
        if seen is not None and self.cache.is_settled(seen[1]):
            decision = Decision(found.plan.reason, receipt.digest, grounds, traces.modules)
            self.cache.keep(self._name, seen[0], decision.text)

    def _are_inputs_known(self) -> bool:
        """Whether all inputs are what the cache knows them as, as those of any decision are."""
        places = {one.recorded: os.fspath(one.place) for one in self.call.inputs}
        return self.look.are_known(places)

    @property
    def _name(self) -> str:
        return decision_name(self.who.stage, self.call.slot)

    def _given(self, modules: Iterable[tuple[str, str, Digest]]) -> Sequence[object]:
        """Return all that decides and lies in no file, and what this process read of files.

        ``modules`` are those of the code.
        """
        who, call, workspace = self.who, self.call, self.workspace
        roots = sorted((name, str(place)) for name, place in workspace.roots.items())
        return [
            this_python(),
            [str(workspace.root), roots],
            [who.stage, who.version, who.function],
            [who.module.name, str(who.module.file), str(who.module.root)],
            [*searched_first(who.module.root), *(str(one.file) for one in who.made_of)],
            [(one.role, one.recorded) for one in call.inputs],
            [(one.role, one.path, one.kind) for one in call.targets],
            _recorded(call.parameters),
            all_read_by(file for _, file, _ in modules),
        ]


def decision_name(stage: str, slot: str) -> str:
    """Return the name under which the stat cache holds a decision."""
    return f"decision:{stage}:{slot}"


def _recorded(parameters: Mapping[str, object]) -> object:
    """Return parameters as JSON: equal JSON stands for equal parameters of a claim."""
    if all(type(value) in {str, int, bool, type(None)} for value in parameters.values()):
        return parameters
    from distill.receipts.parameters import record_parameters  # noqa: PLC0415 - few have such

    return record_parameters(parameters)
