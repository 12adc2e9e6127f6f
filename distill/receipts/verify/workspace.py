"""Verifying a workspace: its receipts against each other, and its files against its receipts."""

from collections.abc import Iterator

from distill.receipts.claims import claim_faults
from distill.receipts.faults import Fault, VerificationReport
from distill.receipts.verify.chain import chain_faults
from distill.receipts.verify.files import FileCheck, replaced_faults
from distill.receipts.verify.objects import Objects, read_objects
from distill.receipts.verify.reading import Reading
from distill.receipts.verify.refs import ref_faults
from distill.receipts.workspace import Workspace


def verify_workspace(workspace: Workspace) -> VerificationReport:
    """Read all receipts again, and the files that the newest passing ones name.

    Law: what was written and not touched since gives no fault; any changed or missing byte of a
    receipt, of a ref, or of a file that a newest passing receipt names gives one that names it.
    """
    objects = read_objects(workspace)
    reading = Reading()
    faults = tuple(_faults(workspace, objects, reading))
    return VerificationReport(faults, len(objects.receipts), len(reading))


def _faults(workspace: Workspace, objects: Objects, reading: Reading) -> Iterator[Fault]:
    yield from objects.faults
    for receipt in objects.receipts.values():
        shown = objects.shown(receipt)
        yield from claim_faults(shown, receipt)
        yield from chain_faults(shown, receipt, objects.receipts)
    yield from ref_faults(workspace, objects.receipts)
    check = FileCheck(workspace, objects.receipts, reading)
    for receipt in objects.current():
        yield from check.faults(receipt)
    yield from replaced_faults(workspace, reading)
