"""One run of a stage: under temporary names, checked, then published whole or not at all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from distill.errors import ContractError, SourceError
from distill.receipts import durable
from distill.receipts.contract import Evidence
from distill.receipts.determinism import receipts_of_key
from distill.receipts.digest import Digest, fingerprint_file
from distill.receipts.drafting import ReceiptDraft
from distill.receipts.engine import ENGINE
from distill.receipts.following import WORTH, Followed, following
from distill.receipts.incremental.growth import Growth
from distill.receipts.incremental.worker_count import number_of_workers
from distill.receipts.incremental.workers import may_fork
from distill.receipts.inputs import demand_unchanged
from distill.receipts.journal import Journal, Move, Retirement
from distill.receipts.ledger.log import Ledger
from distill.receipts.outcome import Outcome
from distill.receipts.publish import abandon, commit
from distill.receipts.real_paths import RealPaths
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.rereading import Rereading
from distill.receipts.staging import (
    Berth,
    Finished,
    Produced,
    Written,
    berth,
    collect,
    files_by_now,
    prepare,
    sums_itself,
)
from distill.receipts.watching import Watch, watched

_current: "ContextVar[Execution]" = ContextVar("distill_execution")


def current_execution() -> "Execution":
    """Return the run whose stage function is being called.

    Raises:
        LookupError: no stage runs here.
    """
    return _current.get()


@dataclass
class Execution:
    """A run in progress. ``lock`` is the name of the lock that the caller holds.

    ``growth`` knows the outlines of the inputs, ``rereading`` what nobody wrote to since it was
    read. ``demand_code`` raises a CodeStateError where code changed while the stage ran.
    """

    draft: ReceiptDraft
    lock: str
    growth: Growth
    rereading: Rereading
    demand_code: Callable[[], None] = lambda: None
    evidence: Evidence = field(default_factory=Evidence)
    remember: Callable[[], None] = lambda: None

    def run(self, function: Callable[..., object]) -> Outcome:
        """Run the stage and publish what it made.

        Raises:
            BaseException: whatever the stage raises, unchanged, after the failed receipt is kept.
            ContractError: the stage broke its contract; nothing is published.
            SourceError: an input changed meanwhile; nothing is published.
            CodeStateError: code did; nothing is published.
        """
        workspace, token = self.draft.workspace, self.draft.token
        berths = [berth(workspace, target, token) for target in self.draft.call.targets]
        partials = tuple(workspace.record_path(one.partial) for one in berths)
        journal = Journal(self.lock, token, "open", partials)
        key, digest = self.draft.survey.key, self.draft.survey.key_digest
        opened = journal.begin(workspace)
        durable.sync_file(opened)
        folder = journal.place(workspace, opened)
        Ledger(workspace).begin(token, key.stage, digest, beside=[folder])
        try:
            with self._scope():
                produced = self._attempt(function, berths)
            receipt = self.draft.receipt(self.evidence)
            planned = self._plan(journal, produced, receipt)
            written = planned.journal.begin(workspace)
            durable.sync_all([written, *_to_flush(produced)])
        except BaseException as error:
            abandon(workspace, journal, self._failed(error))
            raise
        commit(workspace, planned.journal, written)
        self.remember()
        return Outcome(
            "ran",
            self.draft.survey.plan.reason,
            receipt,
            receipt.digest,
            planned.set_aside,
            planned.left_alone,
        )

    @contextmanager
    def _scope(self) -> Iterator[None]:
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def _failed(self, error: BaseException) -> Receipt | None:
        """Return the failed receipt: with all that is known, or as much as a receipt can hold."""
        for evidence in (self.evidence, Evidence(checks=self.evidence.checks[-1:])):
            try:
                return self.draft.receipt(evidence, error)
            except ContractError:
                continue
        return None

    def _attempt(
        self, function: Callable[..., object], berths: list[Berth]
    ) -> tuple[Produced, ...]:
        evidence, survey = self.evidence, self.draft.survey
        with evidence.step("completed"):
            prepare(berths)
            partials = {one.target.role: one.partial for one in berths}
            bound = self.draft.call.with_outputs(partials)
            with (
                self._followed(function, berths) as followed,
                watched(self._watch(function, berths)),
            ):
                returned = function(*bound.args, **bound.kwargs)
        with evidence.step("report_recordable"):
            known = None
            if isinstance(returned, Finished):
                known, self.remember, returned = returned.files, returned.remember, returned.report
            evidence.take(returned)
        with evidence.step("outputs_written"):
            produced = collect(berths, known)
            evidence.outputs = tuple(_entry(file, followed) for file in produced)
        with evidence.step("inputs_unchanged"):
            demand_unchanged(survey.inputs)
        self.demand_code()
        with evidence.step("contract_kept"):
            evidence.enforce()
        key, slot = survey.key_digest, self.draft.call.slot
        for former in receipts_of_key(self.draft.workspace, key, slot):
            evidence.compare(former)
        return produced

    @contextmanager
    def _followed(
        self, function: Callable[..., object], berths: Sequence[Berth]
    ) -> Iterator[Followed]:
        """Sum up the outputs beside the stage, where that pays and a process can be started."""
        size = sum(one.entry.bytes for one in self.draft.survey.inputs)
        if size < WORTH or sums_itself(function) or number_of_workers() < 2 or not may_fork():
            yield Followed()
            return
        with following(lambda: files_by_now(berths)) as followed:
            yield followed

    def _watch(self, function: Callable[..., object], berths: list[Berth]) -> Watch:
        """Return what the stage may read: its inputs, its code, and where its outputs go.

        What was made before only a form may look at, which holds it against what is recorded.
        """
        draft, workspace = self.draft, self.draft.workspace
        real = RealPaths()
        inputs = [os.fspath(one.place) for one in draft.survey.inputs]
        trees = [str(workspace.root / ".distill"), str(ENGINE)]
        trees += [str(one.partial) for one in berths]
        if sums_itself(function):
            trees += [str(one.place) for one in berths]
        folders = [str(folder) for folder in (workspace.root, *workspace.roots.values())]
        return Watch(
            stage=draft.survey.key.stage,
            folders=tuple({*folders, *map(os.path.realpath, folders)}),
            files=frozenset([*inputs, *map(real.of, inputs), *draft.survey.code_places]),
            trees=tuple({*trees, *map(os.path.realpath, trees)}),
        )

    def _plan(self, journal: Journal, produced: tuple[Produced, ...], receipt: Receipt) -> "_Plan":
        """Return what must move where; an output that is there already stays."""
        workspace, passed = self.draft.workspace, self.draft.survey.passed
        recorded = {e.path: e for e in passed.claim.outputs} if passed is not None else {}
        moves: list[Move] = []
        unknown: list[str] = []
        for file, entry in zip(produced, self.evidence.outputs, strict=True):
            if file.partial is None:
                continue
            if file.place.is_symlink():
                raise ContractError(
                    f"a link lies where the output {entry.path} goes", "remove it first"
                )
            old = self._digest_of(entry.path, file.place) if file.place.exists() else None
            if old == entry.blake3:
                continue
            if old is not None and (
                entry.path not in recorded or recorded[entry.path].blake3 != old
            ):
                unknown.append(entry.path)
            partial = workspace.record_path(file.partial)
            moves.append(Move(partial, entry.path, entry.blake3, old))
        retirements, left_alone = self._retire(recorded)
        return _Plan(
            journal.committed(tuple(moves), retirements, receipt), tuple(unknown), left_alone
        )

    def _retire(
        self, recorded: Mapping[str, FileEntry]
    ) -> tuple[tuple[Retirement, ...], tuple[str, ...]]:
        """Sort the files that are produced no more: moved away, or left to whoever changed them."""
        retired: list[Retirement] = []
        left: list[str] = []
        for path in sorted(recorded.keys() - {entry.path for entry in self.evidence.outputs}):
            place = self.draft.workspace.resolve(path, follow=False)
            if not os.path.lexists(place):
                continue
            old = recorded[path].blake3
            if place.is_symlink() or self._digest_of(path, place) != old:
                left.append(path)
                continue
            tops = (t.path for t in self.draft.call.targets if path.startswith(f"{t.path}/"))
            retired.append(Retirement(path, old, max(tops, default=path)))
        return tuple(retired), tuple(left)

    def _digest_of(self, path: str, place: Path) -> Digest:
        """Return what lies in an output's place, by its recorded path."""
        return self.rereading.digest_of(path, place)[0]


class _Plan(NamedTuple):
    journal: Journal
    set_aside: tuple[str, ...]
    left_alone: tuple[str, ...]


def _to_flush(produced: tuple[Produced, ...]) -> list[Path]:
    """Return what goes to final places and is not durable yet; what is linked there was so before.

    Raises:
        SourceError: a linked file was written to meanwhile.
    """
    files: list[Path] = []
    folders: dict[Path, None] = {}
    for file in produced:
        if file.partial is None:
            continue
        if file.linked is None:
            files.append(file.partial)
            continue
        folders[file.partial.parent] = None
        if Written.of(file.partial) != file.linked:
            raise SourceError(
                f"the former output that {file.recorded} is changed while the stage ran",
                "run it again when nobody writes it",
            )
    return [*files, *folders]


def _entry(file: Produced, followed: Followed) -> FileEntry:
    found = file.sums
    if found is None and file.partial is not None:
        found = followed.sums(file.partial)
    if found is None:
        found, _ = fingerprint_file(file.partial or file.place, name=file.place.name)
    return FileEntry(
        file.role,
        file.recorded,
        found.bytes,
        found.blake3,
        found.sha256,
        found.records,
        found.root,
    )
