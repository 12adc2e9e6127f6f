"""Verifying a workspace: its receipts against each other, and its files against its receipts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from distill.receipts.claims import claim_faults
from distill.receipts.faults import Fault, Note, VerificationReport
from distill.receipts.receipt import FileEntry
from distill.receipts.stat_cache import StatCache
from distill.receipts.verify.chain import chain_faults
from distill.receipts.verify.checkpoints import Checkpoints
from distill.receipts.verify.file_set import (
    added_faults,
    link_faults,
    replaced_strays,
    stray_fault,
)
from distill.receipts.verify.files import (
    FileCheck,
    answers,
    kept_version,
    kept_versions,
    places_of,
    replaced_faults,
)
from distill.receipts.verify.keys import (
    key_file_faults,
    keyring_faults,
    pinned_faults,
    pinned_note,
)
from distill.receipts.verify.ledger import line_faults, receipt_faults, run_notes
from distill.receipts.verify.ledger_view import LedgerView, read_ledger
from distill.receipts.verify.objects import Objects, place_of, read_objects
from distill.receipts.verify.places import Places
from distill.receipts.verify.reading import Reading, Seen, read_files, usable_threads
from distill.receipts.verify.refs import ref_faults
from distill.receipts.verify.released import released_faults
from distill.receipts.verify.request import VerificationRequest
from distill.receipts.verify.rows import RowCheck, schema_note
from distill.receipts.verify.scope import Scope, Targets
from distill.receipts.verify.since import since_faults
from distill.receipts.workspace import Workspace


def verify_workspace(
    workspace: Workspace, request: VerificationRequest | None = None
) -> VerificationReport:
    """Read the ledger, the receipts in the request's scope, and the files that they answer for.

    Law: what was written and not touched since gives no fault; any changed, missing or added byte
    or file of receipts, ledger and outputs gives one that names it, as far as it can be told
    without a checkpoint or a key from elsewhere, which the request may hold.

    Raises:
        ConfigurationError: nothing, or more than one thing, is called as a target says.
    """
    request = request or VerificationRequest()
    objects, view = read_objects(workspace.root), read_ledger(workspace.root)
    scope = Targets(workspace, objects, view).scope(request.targets)
    looking = _Looking(workspace, objects, Checkpoints.of(view), scope, request)
    places, refused = looking.places()
    cache = StatCache.read(workspace) if request.is_quick else None
    reading = read_files(
        places,
        is_deep=request.is_deep,
        threads=request.threads or usable_threads(),
        cache=cache,
        rows=looking.row_checks(),
    )
    if cache is not None:
        cache.write(workspace)
    trusted = sum(isinstance(look, Seen) and not look.is_reread for look in reading.values())
    faults = (
        *link_faults(workspace.root),
        *looking.receipts(),
        *looking.ledger(),
        *refused.values(),
        *looking.files(reading),
        *looking.file_set(),
    )
    return VerificationReport(
        faults=tuple(dict.fromkeys(faults)),
        receipts=sum(scope.judges(digest) for digest in objects.receipts),
        files=len(reading) - trusted,
        trusted=trusted,
        notes=(*looking.notes(), *_quick_note(trusted)),
        ledger=looking.checkpoints.summary(),
    )


def _quick_note(trusted: int) -> Iterator[Note]:
    if trusted:
        message = (
            f"{trusted} files were not reread: their times and inodes are those of the last time; "
            "whoever can set this machine's clock can deceive that"
        )
        yield Note("not_reread", message)


@dataclass(frozen=True)
class _Looking:
    """One verification: what was read of receipts and ledger, and what is asked."""

    workspace: Workspace
    objects: Objects
    checkpoints: Checkpoints
    scope: Scope
    request: VerificationRequest

    @property
    def view(self) -> LedgerView:
        """The ledger as it lies on the disk."""
        return self.checkpoints.view

    def places(self) -> tuple[dict[str, Path], Mapping[str, Fault]]:
        """Return the files that are to be read, and the faults of those that are refused."""
        entries = [
            entry
            for one in self.scope.holders
            for entry in (*one.claim.outputs, *one.claim.inputs)
            if self.scope.reads(entry.path)
        ]
        places, refused = places_of(entries, Places(self.workspace))
        kept = kept_versions(self.workspace)
        if not self.scope.is_whole:
            wanted = {kept_version(entry.blake3.hex) for entry in entries}
            kept = {shown: place for shown, place in kept.items() if shown in wanted}
        return places | kept, refused

    def row_checks(self) -> dict[str, RowCheck]:
        """Return the checks of rows, by the output that they are for."""
        found = {entry.path: check for _, entry, check in self._rows()}
        return {path: check for path, check in found.items() if check is not None}

    def _rows(self) -> Iterator[tuple[str, FileEntry, RowCheck | None]]:
        """Yield stage, entry and check of every output with records that is to be checked."""
        schemas = self.request.rows
        if schemas is None or not self.request.is_deep:
            return
        answering = answers(self.objects.current())
        for one in self.scope.holders:
            for entry in one.claim.outputs:
                is_read = self.scope.reads(entry.path) and entry.records is not None
                if is_read and answering.get(entry.path) == entry.blake3:
                    yield one.claim.stage, entry, schemas(one.claim, entry)

    def receipts(self) -> Iterator[Fault]:
        for digest, fault in self.objects.damaged.items():
            if self.scope.judges(digest):
                yield fault
        for digest, receipt in self.objects.receipts.items():
            if self.scope.judges(digest):
                shown = place_of(digest)
                yield from claim_faults(shown, receipt)
                yield from chain_faults(shown, receipt, self.objects.receipts)
        if self.scope.is_whole:
            for shown in self.objects.strays:
                yield stray_fault(shown, "the name or folder is not that of a receipt")
            yield from ref_faults(self.workspace.root, self.objects.receipts)

    def ledger(self) -> Iterator[Fault]:
        view = self.view
        yield from line_faults(view)
        yield from self.checkpoints.faults()
        for shown in view.strays:
            yield stray_fault(shown, "the ledger has no such file")
        yield from keyring_faults(view)
        yield from key_file_faults(self.workspace.root, view)
        if self.request.pinned:
            yield from pinned_faults(view, self.request.pinned)
        for old in self.request.since:
            yield from since_faults(view, old)
        yield from receipt_faults(view, self.objects, self.scope)
        if self.scope.is_whole:
            yield from released_faults(self.workspace.root, view)

    def files(self, reading: Reading) -> Iterator[Fault]:
        check = FileCheck(self.objects.receipts.values(), self.objects.current(), reading)
        for receipt in self.scope.holders:
            yield from check.faults(receipt)
            if receipt.digest in self.scope.targets:
                yield from check.replaced(receipt)
        yield from replaced_faults(reading)

    def file_set(self) -> Iterator[Fault]:
        named = answers(self.objects.current())
        yield from added_faults(self.workspace.root, self.scope.folders, named)
        if self.scope.is_whole:
            yield from replaced_strays(self.workspace.root)

    def notes(self) -> Iterator[Note]:
        yield from self.checkpoints.note()
        yield from pinned_note(self.view, self.request.pinned)
        yield from schema_note((stage, check) for stage, _, check in self._rows())
        if self.scope.is_whole:
            yield from run_notes(self.view)
        else:
            others = sum(not self.scope.judges(digest) for digest in self.objects.receipts)
            message = (
                f"looked at the whole ledger, but not at {others} other "
                f"{'receipt' if others == 1 else 'receipts'}, the files that only they name, and "
                "what else lies in the workspace"
            )
            yield Note("not_looked_at", message)
