"""Checking a proof's receipts: each is sound and in the ledger, and they lead into each other.

export ← score_runs ← build_evidence_index: the file of every hop is an output of the one and, byte
for byte the same file, an input of the next.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from distill.errors import VerificationError
from distill.lineage.ledger_check import LedgerCheck
from distill.lineage.proof import Hop, LedgeredReceipt, Proof, RunHops
from distill.lineage.record_trees import raw_head
from distill.lineage.rows import object_in, provenance_of
from distill.lineage.verdict import ProofFault
from distill.receipts.claims import claim_faults
from distill.receipts.digest import Digest, Sha256
from distill.receipts.ledger.entries import Recorded, read_entry
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import TreeHead, verify_inclusion
from distill.receipts.receipt import FileEntry, Receipt

EVIDENCE = "build_evidence_index"
SCORED = "score_runs"


@dataclass(frozen=True)
class ChainCheck:
    """The receipts of a proof, held against its ledger, its hops and each other."""

    proof: Proof
    ledger: LedgerCheck
    sample_id: str

    @cached_property
    def receipts(self) -> dict[Digest, Receipt]:
        """The proof's receipts by digest."""
        return {one.receipt.digest: one.receipt for one in self.proof.receipts}

    def faults(self) -> Iterator[ProofFault]:
        """Yield what is wrong with receipts, inclusions and the chain."""
        for number, one in enumerate(self.proof.receipts):
            yield from self._receipt_faults(f"receipts[{number}]", one)
        used = {hop.receipt for _, hop in self.proof.hops}
        if used != set(self.receipts) or len(self.receipts) != len(self.proof.receipts):
            yield ProofFault("receipts", "not exactly the receipts that the hops name, each once")
        yield from self._output_faults("sample", self.proof.sample)
        export = self.receipts.get(self.proof.sample.receipt)
        stage = f"export_{self.sample_id.partition('-')[0]}"
        if export is not None and export.claim.stage != stage:
            yield ProofFault("sample", f"a receipt of {export.claim.stage} stands for {stage}")
        for number, run in enumerate(self.proof.runs):
            place = f"runs[{number}]"
            yield from self._output_faults(f"{place}.scored", run.scored)
            yield from self._output_faults(f"{place}.evidence", run.evidence)
            yield from self._raw_faults(place, run)
            yield from self._run_faults(place, run)

    def _receipt_faults(self, place: str, one: LedgeredReceipt) -> Iterator[ProofFault]:
        fault = self.ledger.line_fault(place, one.line)
        if fault is not None:
            yield fault
        receipt = one.receipt
        if not _records(one.line.line, receipt):
            yield ProofFault(place, "the ledger's line is not that of this receipt")
        if not receipt.passed:
            yield ProofFault(place, "a receipt of a run that failed")
        for told in claim_faults(place, receipt):
            yield ProofFault(place, told.meaning)

    def _output_faults(self, place: str, hop: Hop) -> Iterator[ProofFault]:
        receipt = self.receipts.get(hop.receipt)
        if receipt is None:
            yield ProofFault(place, "its receipt is not in the proof")
            return
        heads = {_head_of(entry) for entry in _named(receipt.claim.outputs, hop.file)}
        yield from _inclusion_faults(place, hop, heads)

    def _raw_faults(self, place: str, run: RunHops) -> Iterator[ProofFault]:
        receipt = self.receipts.get(run.evidence.receipt)
        places = provenance_of(object_in(run.evidence.record))
        if receipt is None or len(places) != len(run.raw):
            return  # told elsewhere
        for number, (where, hop) in enumerate(zip(places, run.raw, strict=True)):
            at = f"{place}.raw[{number}]"
            entries = _named(receipt.claim.inputs, hop.file)
            source = str(where.get("source"))
            heads = {raw_head(receipt.claim, entry, source) for entry in entries}
            yield from _inclusion_faults(at, hop, heads)
            is_of_lines = heads <= {_head_of(entry) for entry in entries}
            if is_of_lines and where.get("line") not in (None, hop.index + 1):
                yield ProofFault(at, f"line {hop.index + 1}, not {where.get('line')}")

    def _run_faults(self, place: str, run: RunHops) -> Iterator[ProofFault]:
        export = self.receipts.get(self.proof.sample.receipt)
        scored = self.receipts.get(run.scored.receipt)
        evidence = self.receipts.get(run.evidence.receipt)
        if export is None or scored is None or evidence is None:
            return  # told by the hops
        for receipt, stage in ((scored, SCORED), (evidence, EVIDENCE)):
            if receipt.claim.stage != stage:
                yield ProofFault(place, f"a receipt of {receipt.claim.stage} stands for {stage}")
        if any(raw.receipt != run.evidence.receipt for raw in run.raw):
            yield ProofFault(place, "raw records and evidence are of different receipts")
        steps = (
            (run.evidence.file, evidence, scored),
            (run.evidence.file, evidence, export),
            (run.scored.file, scored, export),
        )
        for file, parent, child in steps:
            yield from _step_faults(place, file, parent, child)


def _step_faults(place: str, file: str, parent: Receipt, child: Receipt) -> Iterator[ProofFault]:
    """Yield why a file does not lead from one receipt to another."""
    made = {replace(entry, role="") for entry in _named(parent.claim.outputs, file)}
    read = {replace(entry, role="") for entry in _named(child.claim.inputs, file)}
    names = f"from {parent.claim.stage} to {child.claim.stage}"
    if len(made) != 1 or made != read:
        yield ProofFault(place, f"the file {file} does not lead {names}: other bytes went in")
    claims = {(one.stage, one.claim) for one in child.claim.parents}
    is_claimed = (parent.claim.stage, parent.claim_digest) in claims
    if not is_claimed or parent.digest not in child.run.parents:
        yield ProofFault(place, f"the receipts do not lead {names}: the child names another parent")


def _named(entries: tuple[FileEntry, ...], path: str) -> list[FileEntry]:
    return [entry for entry in entries if entry.path == path]


def _head_of(entry: FileEntry) -> TreeHead | None:
    if entry.root is None or entry.records is None:
        return None
    return TreeHead(entry.records, bytes.fromhex(entry.root.hex))


def _inclusion_faults(
    place: str, hop: Hop, heads: AbstractSet[TreeHead | None]
) -> Iterator[ProofFault]:
    """Yield why a record is not in the file of its hop, by the head that its receipt holds."""
    (head,) = heads if len(heads) == 1 else (None,)
    if head is None:
        yield ProofFault(place, f"its receipt holds no root over the records of {hop.file}")
        return
    if hop.size != head.size:
        yield ProofFault(place, f"{hop.file} has {head.size} records, not {hop.size}")
    try:
        verify_inclusion(leaf_hash(hop.record), head, hop.index, hop.path)
    except VerificationError as error:
        yield ProofFault(place, f"the record is not in {hop.file}: {error.message}")


def _records(line: bytes, receipt: Receipt) -> bool:
    """Whether a line of the ledger is the one that records this receipt."""
    try:
        entry = read_entry(line)
    except VerificationError:
        return False
    return entry == Recorded(
        blake3=receipt.digest,
        run=receipt.run.id,
        sha256=Sha256(sha256(receipt.content).hexdigest()),
        stage=receipt.claim.stage,
        status=receipt.claim.validation.status,
    )
