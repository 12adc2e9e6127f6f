"""Small ledgers for tests: receipts that are recorded, and an independent root."""

from hashlib import sha256
from pathlib import Path

from distill.receipts.ledger.log import Ledger
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from tests.receipts.samples import changed, raw


def receipt(second: int) -> Receipt:
    """Return a receipt of the sample stage, started at a second, of a run of its own."""
    made = changed("run|started_at", f"2026-01-31T08:00:{second:02d}.000Z")
    return read_receipt(raw(changed("run|id", f"run-{second}", receipt=made)))


def keep(workspace: Workspace, *receipts: Receipt) -> None:
    """Store receipts and record them, as a run does."""
    for one in receipts:
        ReceiptStore(workspace).put(one, "token")
        Ledger(workspace).record(one)


def mth(lines: list[bytes]) -> bytes:
    """RFC 6962 §2.1, by its own recursive definition."""
    if not lines:
        return sha256(b"").digest()
    if len(lines) == 1:
        return sha256(b"\x00" + lines[0]).digest()
    split = 1
    while split * 2 < len(lines):
        split *= 2
    return sha256(b"\x01" + mth(lines[:split]) + mth(lines[split:])).digest()


def write_lines(ledger: Ledger, lines: list[bytes], torn: bytes = b"") -> None:
    """Replace the bytes of the log."""
    ledger.path.write_bytes(b"".join(line + b"\n" for line in lines) + torn)


def newest(ledger: Ledger) -> Path:
    """Return the file of the newest checkpoint."""
    return ledger.checkpoint_files()[-1][1]
