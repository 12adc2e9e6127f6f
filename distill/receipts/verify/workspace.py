"""Verifying a workspace: its receipts against each other, and its files against its receipts."""

from collections.abc import Iterator

from distill.receipts.claims import claim_faults
from distill.receipts.faults import Fault, VerificationReport
from distill.receipts.verify.chain import chain_faults
from distill.receipts.verify.checkpoints import Checkpoints
from distill.receipts.verify.file_set import (
    added_faults,
    guarded_folders,
    link_faults,
    replaced_strays,
    stray_fault,
)
from distill.receipts.verify.files import (
    FileCheck,
    answers,
    places_of,
    replaced_faults,
    replaced_places,
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
from distill.receipts.verify.reading import read_files, usable_threads
from distill.receipts.verify.refs import ref_faults
from distill.receipts.verify.released import released_faults
from distill.receipts.verify.request import VerificationRequest
from distill.receipts.verify.since import since_faults
from distill.receipts.workspace import Workspace


def verify_workspace(
    workspace: Workspace, request: VerificationRequest | None = None
) -> VerificationReport:
    """Read the ledger, all receipts, and the files that the newest passing ones name.

    Law: what was written and not touched since gives no fault; any changed, missing or added byte
    or file of receipts, ledger and outputs gives one that names it, as far as it can be told
    without a checkpoint or a key from elsewhere, which ``request`` may hold.
    """
    request = request or VerificationRequest()
    objects = read_objects(workspace.root)
    view = read_ledger(workspace.root)
    checkpoints = Checkpoints.of(view)
    current = tuple(objects.current())
    places, refused = places_of(current, Places(workspace))
    reading = read_files(
        places | replaced_places(workspace),
        is_deep=request.is_deep,
        threads=request.threads or usable_threads(),
    )
    check = FileCheck(objects.receipts.values(), current, reading)
    faults = (
        *link_faults(workspace.root),
        *_receipt_faults(objects),
        *_ledger_faults(workspace, view, checkpoints, request),
        *receipt_faults(view, objects),
        *released_faults(workspace.root, view),
        *ref_faults(workspace.root, objects.receipts),
        *refused.values(),
        *(fault for receipt in current for fault in check.faults(receipt)),
        *replaced_faults(reading),
        *added_faults(workspace.root, guarded_folders(current), answers(current)),
        *replaced_strays(workspace.root),
    )
    notes = (*checkpoints.note(), *pinned_note(view, request.pinned), *run_notes(view))
    return VerificationReport(
        faults=tuple(dict.fromkeys(faults)),
        receipts=len(objects.receipts),
        files=len(reading),
        notes=notes,
        ledger=checkpoints.summary(),
    )


def _receipt_faults(objects: Objects) -> Iterator[Fault]:
    yield from objects.damaged.values()
    for shown in objects.strays:
        yield stray_fault(shown, "the name or folder is not that of a receipt")
    for receipt in objects.receipts.values():
        shown = place_of(receipt.digest)
        yield from claim_faults(shown, receipt)
        yield from chain_faults(shown, receipt, objects.receipts)


def _ledger_faults(
    workspace: Workspace, view: LedgerView, checkpoints: Checkpoints, request: VerificationRequest
) -> Iterator[Fault]:
    yield from line_faults(view)
    yield from checkpoints.faults()
    for shown in view.strays:
        yield stray_fault(shown, "the ledger has no such file")
    yield from keyring_faults(view)
    yield from key_file_faults(workspace.root, view)
    if request.pinned:
        yield from pinned_faults(view, request.pinned)
    for old in request.since:
        yield from since_faults(view, old)
