"""An output changed together with everything that names it: no digest is wrong any more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from distill.receipts.digest import fingerprint_file
from distill.receipts.ledger.entries import Recorded, read_entry, recorded, write_entry
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from tests.tamper.changes import put
from tests.tamper.forging import lines_of, write_ledger


def rewrite_row(
    root: Path, stage: str, path: str, line: int, change: Callable[[bytes], bytes]
) -> None:
    """Change one line (from 1) of an output, its receipt, the ledger and the checkpoints."""
    rows = (root / path).read_bytes().splitlines()
    before, rows[line - 1] = rows[line - 1], change(rows[line - 1])
    assert rows[line - 1] != before
    put(root / path, b"".join(row + b"\n" for row in rows))
    found, _ = fingerprint_file(root / path)
    again = {
        name: getattr(found, name) for name in ("bytes", "blake3", "sha256", "records", "root")
    }
    replace_receipt(
        root,
        stage,
        lambda old: replace(
            old,
            claim=replace(
                old.claim, outputs=tuple(_with(e, path, again) for e in old.claim.outputs)
            ),
        ),
    )


def replace_receipt(root: Path, stage: str, change: Callable[[Receipt], Receipt]) -> None:
    """Put another receipt in the place of a stage's newest, in an unsigned ledger of its own."""
    store = ReceiptStore(Workspace(root))
    old = store.newest_passed(stage)
    assert old is not None
    new = change(old)
    assert new.digest != old.digest
    store.path_of(old.digest).unlink()
    store.put(new, "forged")
    lines = [write_entry(recorded(new)) if _records(line, old) else line for line in lines_of(root)]
    write_ledger(root, lines, lambda _: None)


def _with(entry: FileEntry, path: str, again: dict[str, object]) -> FileEntry:
    return replace(entry, **again) if entry.path == path else entry  # type: ignore[arg-type]


def _records(line: bytes, receipt: Receipt) -> bool:
    entry = read_entry(line)
    return isinstance(entry, Recorded) and entry.blake3 == receipt.digest
