"""The receipts behind a proof in full, where the reader has them, and what they add to it.

A proof shows a few facts of each receipt. Who has the receipts (in a workspace or a release) can
also tell that they don't contradict themselves, and which claims, parameters and code stand behind
the facts: a replay needs those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from distill.errors import VerificationError
from distill.lineage.proof import Proof
from distill.lineage.verdict import ProofFault
from distill.receipts.claims import claim_faults
from distill.receipts.ledger.entries import Recorded, recorded
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

_PARENTS: Final = {"evidence": (), "scored": ("evidence",), "export": ("evidence", "scored")}


@dataclass(frozen=True)
class HeldReceipts:
    """Receipts by the names that a proof has for them; one that is not at hand has a fault."""

    receipts: Mapping[str, Receipt]
    faults: tuple[ProofFault, ...]


def hold_receipts(proof: Proof, folder: Path) -> HeldReceipts:
    """Return the receipts of a proof that lie below a folder, held against the proof's lines."""
    store = ReceiptStore(Workspace(folder))
    receipts: dict[str, Receipt] = {}
    faults: list[ProofFault] = []
    for name, shown in proof.receipts.by_name.items():
        entry = proof.ledger.recorded(shown.line)
        if entry is None:
            continue  # told by the check of the chain
        try:
            receipts[name] = store.get(entry.blake3)
        except VerificationError as error:
            meaning = f"not held against its receipt: {error.message}"
            faults.append(ProofFault(f"receipts.{name}", meaning, is_uncheckable=True))
        else:
            faults += _entry_faults(f"receipts.{name}", receipts[name], entry)
    faults += _parent_faults(receipts)
    return HeldReceipts(receipts, tuple(faults))


def _entry_faults(place: str, receipt: Receipt, entry: Recorded) -> Iterator[ProofFault]:
    made = recorded(receipt)
    for name in (field.name for field in fields(Recorded)):
        if getattr(made, name) != getattr(entry, name):
            yield ProofFault(place, f"the ledger gives another {name} than the receipt")
    for fault in claim_faults(place, receipt):
        yield ProofFault(place, fault.meaning)


def _parent_faults(receipts: Mapping[str, Receipt]) -> Iterator[ProofFault]:
    """Yield the claims that name other claims as their parents than those of the receipts."""
    for name, receipt in receipts.items():
        claims = {(one.stage, one.claim) for one in receipt.claim.parents}
        for other in _PARENTS[name]:
            parent = receipts.get(other)
            if parent and (parent.claim.stage, parent.claim_digest) not in claims:
                meaning = f"its claim names another parent than the receipt of {other}"
                yield ProofFault(f"receipts.{name}", meaning)
