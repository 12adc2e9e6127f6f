"""Checking a proof: nothing is needed but its bytes, and what the reader holds already.

What holds when no fault is found: a signed (or kept) checkpoint covers the receipts' lines; those
bind which bytes went in and out of the stages; the sample, its scored runs, their evidence and the
raw records are records of those files; and each names the one before. What does not follow:
that the logs were true, or that a stage's code does what its name says (`--replay` runs it again).
"""

from collections.abc import Sequence

from distill.lineage.chain_check import ChainCheck
from distill.lineage.held_receipts import HeldReceipts
from distill.lineage.ledger_check import LedgerCheck
from distill.lineage.link_check import LinkCheck
from distill.lineage.proof import Proof
from distill.lineage.verdict import ProofReport
from distill.receipts.ledger.checkpoint import Note


def verify_proof(
    proof: Proof,
    *,
    pinned: Sequence[bytes] = (),
    kept: Note | None = None,
    held: HeldReceipts | None = None,
) -> ProofReport:
    """Check every inclusion, every link and every signature of a proof.

    ``pinned`` are Ed25519 public keys (32 bytes), ``kept`` is a checkpoint and ``held`` are the
    receipts, which the reader has by another way.

    Raises:
        VerificationError: the proof holds no checkpoint.
    """
    ledger = LedgerCheck.of(proof)
    links = LinkCheck(proof)
    faults = (
        *ledger.faults(pinned, kept),
        *ChainCheck(proof, ledger, links.sample_id).faults(),
        *links.faults(),
        *(() if held is None else held.faults),
    )
    return ProofReport(
        sample=links.sample_id,
        checkpoint=ledger.checkpoint,
        signed_by=None if ledger.note.signature is None else ledger.note.signature.key_id,
        records=len(proof.hops),
        faults=faults,
        notes=(*ledger.notes(pinned, kept), *links.notes()),
    )
