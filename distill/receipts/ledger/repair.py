"""Mending a ledger: only what a crash or a lost file explains, and never a signed history."""

from dataclasses import dataclass

from distill.receipts.digest import Digest
from distill.receipts.ledger.entries import Recorded
from distill.receipts.ledger.keys import publish_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.refs import age
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Repair:
    """What was mended: bytes of a torn line, lines that got their checkpoint, receipts appended."""

    cut_bytes: int
    covered: int
    appended: tuple[Digest, ...]


def repair_ledger(workspace: Workspace) -> Repair:
    """Cut a torn line that no checkpoint covers, cover a complete one, and append orphans.

    An orphan is a sound receipt that no line records: a crash may have left it, or somebody put it
    there. Appending says no more than that it is here now; the line's place shows when.

    Raises:
        VerificationError: the ledger is not what its newest checkpoint says: nothing is mended.
        ConfigurationError: the key that signs is not here.
    """
    ledger = Ledger(workspace)
    before = ledger.content()
    note = ledger.newest_checkpoint()
    ledger.settle()
    listed = {entry.blake3 for entry in ledger.entries() if isinstance(entry, Recorded)}
    receipts = (one for one in ReceiptStore(workspace).all() if one.digest not in listed)
    orphans = sorted(receipts, key=age)
    for receipt in orphans:
        ledger.record(receipt)
    publish_keys(workspace)
    covered = len(before.lines) - (0 if note is None else note.checkpoint.size)
    return Repair(len(before.torn), covered, tuple(receipt.digest for receipt in orphans))
