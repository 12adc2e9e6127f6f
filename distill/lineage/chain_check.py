"""Checking a proof's receipts: each is in the ledger and passed, and they lead into each other.

export ← score_runs ← build_evidence_index: the file of every hop is an output of the one and, byte
for byte the same file, an input of the next. The ledger's line of a receipt binds its facts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from distill.errors import VerificationError
from distill.lineage.ledger_check import LedgerCheck
from distill.lineage.needed import needed_facts, raw_places
from distill.lineage.proof import Hop, Proof, RunHops, ShownReceipt, files_of
from distill.lineage.record_trees import raw_head
from distill.lineage.rows import object_in, provenance_of
from distill.lineage.verdict import ProofFault
from distill.receipts.facts import (
    Fact,
    InputFact,
    NoteFact,
    OutputFact,
    ParentFact,
    fact_content,
)
from distill.receipts.ledger.entries import Recorded
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import TreeHead, verify_inclusion
from distill.receipts.merkle_subsets import verify_subset

EVIDENCE = "build_evidence_index"
SCORED = "score_runs"


@dataclass(frozen=True)
class ChainCheck:
    """The receipts of a proof, held against its ledger, its hops and each other."""

    proof: Proof
    ledger: LedgerCheck
    sample_id: str

    @cached_property
    def entries(self) -> Mapping[str, Recorded | None]:
        """The ledger's entries of the three receipts, null for one that the proof lacks."""
        shown = self.proof.receipts.by_name
        return {name: self.proof.ledger.recorded(one.line) for name, one in shown.items()}

    def faults(self) -> Iterator[ProofFault]:
        """Yield what is wrong with receipts, inclusions and the chain."""
        stages = {"evidence": EVIDENCE, "scored": SCORED}
        stages["export"] = f"export_{self.sample_id.partition('-')[0]}"
        for name, shown in self.proof.receipts.by_name.items():
            yield from _receipt_faults(f"receipts.{name}", shown, self.entries[name], stages[name])
        if self.proof.files != files_of(self.proof.runs, self.proof.sample):
            yield ProofFault("files", "not exactly the files of the records, by path")
        yield from self._fact_faults()
        yield from _inclusion_faults("sample", self.proof.sample, self.proof.sample.file.head)
        for number, run in enumerate(self.proof.runs):
            place = f"runs[{number}]"
            yield from _inclusion_faults(f"{place}.scored", run.scored, run.scored.file.head)
            yield from _inclusion_faults(f"{place}.evidence", run.evidence, run.evidence.file.head)
            yield from self._raw_faults(place, run)

    @property
    def _notes(self) -> tuple[NoteFact, ...]:
        shown = (one.fact for one in self.proof.receipts.evidence.facts)
        return tuple(fact for fact in shown if isinstance(fact, NoteFact))

    def _fact_faults(self) -> Iterator[ProofFault]:
        evidence, scored = self.entries["evidence"], self.entries["scored"]
        if evidence is None or scored is None:
            return  # told by the receipts
        proof, parents = self.proof, (evidence.blake3, scored.blake3)
        needed = needed_facts(proof.sample, proof.runs, parents, self._notes)
        for name, shown in proof.receipts.by_name.items():
            wanted = {fact_content(fact): fact for fact in getattr(needed, name)}
            given = [fact_content(one.fact) for one in shown.facts]
            for content, fact in wanted.items():
                if content not in given:
                    yield ProofFault(f"receipts.{name}", f"it does not show {_told(fact)}")
            if len(given) > len(wanted) or not wanted.keys() >= set(given):
                yield ProofFault(f"receipts.{name}", "it shows a fact that nothing here needs")

    def _raw_faults(self, place: str, run: RunHops) -> Iterator[ProofFault]:
        places = provenance_of(object_in(run.evidence.record))
        for number, (source, hop) in enumerate(raw_places(run)):
            at = f"{place}.raw[{number}]"
            head = raw_head(self._notes, hop.file, source)
            yield from _inclusion_faults(at, hop, head)
            line = places[number].get("line")
            if head == hop.file.head and line not in (None, hop.index + 1):
                yield ProofFault(at, f"line {hop.index + 1}, not {line}")


def _receipt_faults(
    place: str, shown: ShownReceipt, entry: Recorded | None, stage: str
) -> Iterator[ProofFault]:
    """Yield why a receipt is not one of the stage that passed, with the facts that are shown."""
    if entry is None:
        yield ProofFault(place, f"the proof has no line {shown.line} that records a receipt")
        return
    if entry.stage != stage:
        yield ProofFault(place, f"a receipt of {entry.stage} stands for {stage}")
    if entry.status != "passed":
        yield ProofFault(place, "a receipt of a run that failed")
    leaves = {one.index: leaf_hash(fact_content(one.fact)) for one in shown.facts}
    try:
        verify_subset(leaves, entry.facts, shown.path)
    except VerificationError as error:
        yield ProofFault(place, f"these are no facts of the ledger's receipt: {error.message}")


def _inclusion_faults(place: str, hop: Hop, head: TreeHead | None) -> Iterator[ProofFault]:
    """Yield why a record is not in the file of its hop, by the head that its receipt holds."""
    path = hop.file.path
    if head is None:
        yield ProofFault(place, f"its receipt holds no root over the records of {path}")
        return
    try:
        verify_inclusion(leaf_hash(hop.record), head, hop.index, hop.path)
    except VerificationError as error:
        yield ProofFault(place, f"the record is not in {path}: {error.message}")


def _told(fact: Fact) -> str:
    if isinstance(fact, InputFact):
        return f"that {fact.file.path}, with these bytes, was read"
    if isinstance(fact, OutputFact):
        return f"that {fact.file.path}, with these bytes, was written"
    if isinstance(fact, ParentFact):
        return f"the receipt {fact.receipt.short}… as a parent"
    return f"the note {fact.name!r}"
