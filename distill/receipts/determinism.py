"""One key promises one set of outputs: finding every former run of a key, however long ago.

The ledger is the index: a run's first line names its key, its second the receipt. Lines are looked
through for the key's digits, which costs less than the root over them that every append computes.
"""

from collections.abc import Iterator

from distill.errors import VerificationError
from distill.receipts.digest import Digest
from distill.receipts.ledger.entries import Entry, Recorded, Started, read_entry
from distill.receipts.ledger.log import Ledger
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


def receipts_of_key(workspace: Workspace, key: Digest, slot: str) -> Iterator[Receipt]:
    """Yield the passing receipts of a key that wrote to the same places, from old to new.

    One that was pruned or is damaged is left out: it can't testify.
    """
    lines = Ledger(workspace).lines()
    runs = {run.encode() for run in _runs(lines, key)}
    store = ReceiptStore(workspace)
    for line in lines:
        if not any(run in line for run in runs):
            continue
        entry = _entry(line)
        if isinstance(entry, Recorded) and entry.status == "passed":
            try:
                receipt = store.get(entry.blake3)
            except VerificationError:
                continue
            if receipt.slot == slot and receipt.claim.key == key:
                yield receipt


def _runs(lines: list[bytes], key: Digest) -> Iterator[str]:
    """Yield the runs that began under a key."""
    for line in lines:
        if key.hex.encode() in line:
            entry = _entry(line)
            if isinstance(entry, Started):
                yield entry.run


def _entry(line: bytes) -> Entry | None:
    try:
        return read_entry(line)
    except VerificationError:  # `verify` names it; here it is no witness
        return None
