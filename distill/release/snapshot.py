"""The workspace that a release is taken of: its ledger up to the newest checkpoint, read once.

What is appended later is not in the release, so a run that goes on beside it changes nothing; files
that it replaces meanwhile are found by their digests while they are copied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.receipts.ledger.checkpoint import Note
from distill.receipts.ledger.entries import Entry, Genesis, Recorded, Released, read_entry
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Ledger
from distill.receipts.receipt import Receipt
from distill.receipts.refs import heads_of
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


@dataclass(frozen=True)
class Snapshot:
    """A ledger's first lines, as many as its newest checkpoint covers, and what they name.

    ``current`` are the newest passing receipts of every slot of every stage, sorted by digest.
    """

    workspace: Workspace
    note: Note
    lines: tuple[bytes, ...]
    entries: tuple[Entry, ...]
    ring: Keyring
    current: tuple[Receipt, ...]

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self.note.checkpoint.origin

    @property
    def size(self) -> int:
        """How many lines the ledger has."""
        return self.note.checkpoint.size

    @property
    def recorded(self) -> Iterator[Recorded]:
        """The receipts, in the order of the ledger."""
        return (entry for entry in self.entries if isinstance(entry, Recorded))

    @property
    def previous(self) -> Released | None:
        """The newest release; null where there was none."""
        released = [entry for entry in self.entries if isinstance(entry, Released)]
        return released[-1] if released else None


def take_snapshot(workspace: Workspace) -> Snapshot:
    """Return the workspace's ledger at its newest checkpoint, with the current receipts.

    Raises:
        VerificationError: the ledger or a receipt is not what was written.
    """
    ledger = Ledger(workspace)
    note = ledger.newest_checkpoint()
    if note is None:
        raise VerificationError("the ledger has no checkpoint", "see `distill verify`")
    content, size = ledger.content(), note.checkpoint.size
    if size > len(content.lines) or content.root(size) != note.checkpoint.root:
        raise VerificationError(
            "the ledger is not what its newest checkpoint says", "see `distill verify`"
        )
    lines = content.lines[:size]
    entries = tuple(read_entry(line) for line in lines)
    if not isinstance(entries[0], Genesis) or entries[0].origin != note.checkpoint.origin:
        raise VerificationError(
            "the ledger's checkpoint names another ledger", "see `distill verify`"
        )
    receipts = _current(workspace, entries)
    return Snapshot(workspace, note, lines, entries, Keyring.of(entries), receipts)


def _current(workspace: Workspace, entries: Sequence[Entry]) -> tuple[Receipt, ...]:
    """Return the current receipts among those that the entries record."""
    store = ReceiptStore(workspace)
    by_stage: dict[str, list[Receipt]] = {}
    for entry in entries:
        if isinstance(entry, Recorded):
            receipt = store.get(entry.blake3)
            by_stage.setdefault(receipt.claim.stage, []).append(receipt)
    found: list[Receipt] = []
    for receipts in by_stage.values():
        passed = {head.passed for head in heads_of(receipts).values()}
        found += [receipt for receipt in receipts if receipt.digest in passed]
    return tuple(sorted(found, key=lambda receipt: receipt.digest))
