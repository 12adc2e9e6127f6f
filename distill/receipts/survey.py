"""Deciding whether a call must run: everything is looked at, nothing is written."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from distill.errors import SourceError, VerificationError
from distill.receipts.binding import Call
from distill.receipts.calling import StageIdentity
from distill.receipts.code.closure import closure_of
from distill.receipts.code.environment import environment_of
from distill.receipts.code.traces import Traces
from distill.receipts.digest import Digest
from distill.receipts.inputs import Lineage, SumsOf, WatchedInput, plain_sums, watching_inputs
from distill.receipts.key import KeyParts
from distill.receipts.key_changes import Change, changes, sentence
from distill.receipts.outcome import Difference, Plan, PlanStatus
from distill.receipts.parameters import record_parameters
from distill.receipts.real_paths import RealPaths
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.rereading import Rereading
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

UNCHANGED = "inputs, code, parameters and environment unchanged"


class Survey(NamedTuple):
    """What is known before a call: the key, the inputs, the former receipts, and the decision.

    ``rests_on`` are the files that tell the newest receipts, null where they had to be searched
    for. ``code_places`` are the files that the code was read from, and its data.
    """

    key: KeyParts
    inputs: tuple[WatchedInput, ...]
    parents: tuple[Receipt, ...]
    passed: Receipt | None
    plan: Plan
    rests_on: tuple[Path, ...] | None = None
    code_places: frozenset[str] = frozenset()

    @property
    def key_digest(self) -> Digest:
        """The key of the call."""
        return self.key.digest()


def survey(
    workspace: Workspace,
    call: Call,
    who: StageIdentity,
    traces: Traces | None = None,
    sums: SumsOf = plain_sums,
    meanwhile: Callable[[], None] = lambda: None,
) -> Survey:
    """Look at inputs, code, environment and the newest receipts of the call's slot, and decide.

    ``traces`` learn what the decision was made from, and say what is known already; ``sums`` sum up
    inputs; ``meanwhile`` is called while some are read, if any must be.

    Raises:
        SourceError: an input can't be read.
        ContractError: a parameter can't be recorded.
        CodeStateError: the stage's code can't be read.
    """
    traces = traces or Traces()
    traces.folders = (workspace.root, *workspace.roots.values())
    rereading = Rereading(traces.cache, traces.reread)
    store = ReceiptStore(workspace)
    parameters = record_parameters(call.parameters)
    history = _History.of(store, who.stage, call.slot)
    lineage = Lineage(store.current() if call.inputs else (), call.slot)
    known = [*(history.passed.claim.inputs if history.passed else ()), *lineage.known()]
    watching = watching_inputs(call.inputs, known, rereading, sums, meanwhile=meanwhile)
    with watching as watched:
        closure = closure_of(who.module, traces, who.made_of)
        environment = environment_of(closure.foreign, traces.cache)
        inputs = watched()
    code = closure.code(who.function)
    key = KeyParts(who.stage, who.version, code, environment, parameters, inputs)
    plan = _decide(workspace, history, key, traces)
    parents = lineage.parents(inputs)
    return Survey(
        key, inputs, parents, history.passed, plan, history.rests_on, frozenset(traces.present)
    )


class _History(NamedTuple):
    """The newest receipts of a slot; ``fault`` says why the one that its ref names is not used."""

    newest: Receipt | None
    passed: Receipt | None
    fault: str | None
    rests_on: tuple[Path, ...] | None = None

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
        named = {head.newest, head.passed} - {None}
        rests_on = (store.refs / stage, *(store.path_of(one) for one in named if one is not None))
        return cls(
            store.newest(stage, slot),
            store.newest_passed(stage, slot),
            fault,
            rests_on if store.has_sound_ref(stage) else None,
        )


def _decide(workspace: Workspace, history: _History, key: KeyParts, traces: Traces) -> Plan:
    if history.fault is not None:
        return Plan("stale", history.fault, ("receipt",))
    newest, passed = history.newest, history.passed
    if newest is None:
        return Plan("never built", "never built")
    if passed is None:
        return _failing(newest, "", (), traces)
    found: Sequence[Change] = changes(KeyParts.of_claim(passed.claim), key)
    if not found and passed.claim.key == key.digest():
        rereading = Rereading(traces.cache, traces.reread)
        found = tuple(_output_faults(workspace, passed.claim.outputs, rereading))
        if not found:
            count = len(passed.claim.outputs)
            noun = "output" if count == 1 else "outputs"
            return Plan("fresh", f"{UNCHANGED}; {count} {noun} as recorded")
    told = sentence(found)
    if not newest.passed:
        return _failing(newest, told if newest.claim.key != key.digest() else "", found, traces)
    return _differing("stale", told or "the key changed", found, traces)


def _differing(status: PlanStatus, reason: str, found: Sequence[Change], traces: Traces) -> Plan:
    files = {str(digest): file for _, file, digest in traces.modules}
    differences = tuple(
        Difference(one.part, one.old, one.new, files.get(one.new or "")) for one in found
    )
    return Plan(status, reason, tuple(one.part for one in found), differences)


def _failing(newest: Receipt, since: str, found: Sequence[Change], traces: Traces) -> Plan:
    """Return the plan after a failed run; ``since`` says what differs where it is not its key."""
    error = newest.run.error
    told = f": {error.message.splitlines()[0]}" if error is not None and error.message else ""
    reason = f"{since}; the last run failed{told}" if since else f"failed last time{told}"
    return _differing("failing", reason, found, traces)


def _output_faults(
    workspace: Workspace, outputs: Sequence[FileEntry], rereading: Rereading
) -> list[Change]:
    """Return what is wrong with recorded outputs."""
    faults: list[Change] = []
    real = RealPaths()
    for entry in outputs:
        fault = _output_fault(workspace, entry, rereading, real)
        if fault is not None:
            phrase, now = f"output {entry.path} {fault[0]}", fault[1]
            faults.append(Change(f"output:{entry.path}", phrase, str(entry.blake3), now))
    return faults


def _output_fault(
    workspace: Workspace, entry: FileEntry, rereading: Rereading, real: RealPaths
) -> tuple[str, str | None] | None:
    """Return what is wrong with an output, and the digest that it has now; null for nothing."""
    try:
        place = workspace.resolve(entry.path, real)
        if place.is_symlink():
            return "is a link", None
        if not place.exists():
            return "is missing", None
        found, _ = rereading.digest_of(entry.path, place)
    except VerificationError as error:
        return error.message, None
    except SourceError as error:
        return f"can't be read: {error.message}", None
    if found == entry.blake3:
        return None
    return f"was changed (blake3 {entry.blake3.hex[:4]}… → {found.hex[:4]}…)", str(found)
