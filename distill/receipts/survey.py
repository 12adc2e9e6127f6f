"""Deciding whether a call must run: everything is looked at, nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from distill.errors import SourceError, VerificationError
from distill.receipts.binding import Call
from distill.receipts.closure import closure_of
from distill.receipts.digest import Digest, digest_file
from distill.receipts.environment import environment_of
from distill.receipts.inputs import Lineage, WatchedInput, watch_inputs
from distill.receipts.key import Change, KeyParts, changes, sentence
from distill.receipts.modules import Module
from distill.receipts.outcome import Plan
from distill.receipts.parameters import record_parameters
from distill.receipts.receipt import FileEntry, Receipt, slot_of
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

UNCHANGED = "inputs, code, parameters and environment unchanged"


@dataclass(frozen=True)
class Survey:
    """What is known before a call: the key, the inputs, the former receipts, and the decision."""

    key: KeyParts
    inputs: tuple[WatchedInput, ...]
    parents: tuple[Receipt, ...]
    passed: Receipt | None
    plan: Plan

    @property
    def key_digest(self) -> Digest:
        """The key of the call."""
        return self.key.digest()


@dataclass(frozen=True)
class StageIdentity:
    """Which stage a call is of: its name and version, the module, and the function's name in it."""

    stage: str
    version: int
    module: Module
    function: str


def survey(workspace: Workspace, call: Call, who: StageIdentity) -> Survey:
    """Look at inputs, code, environment and the newest receipts of the call's slot, and decide.

    Raises:
        SourceError: an input can't be read.
        ContractError: a parameter can't be recorded.
        CodeStateError: the stage's code can't be read.
    """
    store = ReceiptStore(workspace)
    slot = slot_of(call.targets)
    parameters = record_parameters(call.parameters)
    history = _History.of(store, who.stage, slot)
    lineage = Lineage(store.current() if call.inputs else (), slot)
    known = [*(history.passed.claim.inputs if history.passed else ()), *lineage.known()]
    inputs = watch_inputs(call.inputs, known)
    closure = closure_of(who.module)
    environment = environment_of(closure.foreign)
    code = closure.code(who.function)
    key = KeyParts(who.stage, who.version, code, environment, parameters, inputs)
    plan = _decide(workspace, history, key)
    return Survey(key, inputs, lineage.parents(inputs), history.passed, plan)


@dataclass(frozen=True)
class _History:
    """The newest receipts of a slot; ``fault`` says why the one that its ref names is not used."""

    newest: Receipt | None
    passed: Receipt | None
    fault: str | None

    @classmethod
    def of(cls, store: ReceiptStore, stage: str, slot: str) -> "_History":
        head = store.heads(stage).get(slot)
        if head is None:
            return cls(None, None, None)
        fault = None
        for digest in (head.newest, head.passed):
            try:
                if digest is not None:
                    store.get(digest)
            except VerificationError as error:
                fault = error.message
        return cls(store.newest(stage, slot), store.newest_passed(stage, slot), fault)


def _decide(workspace: Workspace, history: _History, key: KeyParts) -> Plan:
    if history.fault is not None:
        return Plan("stale", history.fault, ("receipt",))
    newest, passed = history.newest, history.passed
    if newest is None:
        return Plan("never built", "never built")
    if passed is None:
        return _failing(newest, ())
    found: Sequence[Change] = changes(KeyParts.of_claim(passed.claim), key)
    if not found and passed.claim.key == key.digest():
        found = tuple(_output_faults(workspace, passed.claim.outputs))
        if not found:
            count = len(passed.claim.outputs)
            noun = "output" if count == 1 else "outputs"
            return Plan("fresh", f"{UNCHANGED}; {count} {noun} verified")
    if not newest.passed:
        return _failing(newest, found)
    return Plan("stale", sentence(found) or "the key changed", tuple(one.part for one in found))


def _failing(newest: Receipt, found: Sequence[Change]) -> Plan:
    error = newest.run.error
    told = f": {error.message.splitlines()[0]}" if error is not None and error.message else ""
    return Plan("failing", f"failed last time{told}", tuple(one.part for one in found))


def _output_faults(workspace: Workspace, outputs: Sequence[FileEntry]) -> list[Change]:
    """Return what is wrong with recorded outputs; every byte is read, whatever the times say."""
    faults: list[Change] = []
    for entry in outputs:
        phrase = _output_fault(workspace, entry)
        if phrase is not None:
            faults.append(Change(f"output:{entry.path}", f"output {entry.path} {phrase}"))
    return faults


def _output_fault(workspace: Workspace, entry: FileEntry) -> str | None:
    try:
        place = workspace.resolve(entry.path)
        if place.is_symlink():
            return "is a link"
        if not place.exists():
            return "is missing"
        found = digest_file(place)
    except VerificationError as error:
        return error.message
    except SourceError as error:
        return f"can't be read: {error.message}"
    if found == entry.blake3:
        return None
    return f"was changed (blake3 {entry.blake3.hex[:4]}… → {found.hex[:4]}…)"
