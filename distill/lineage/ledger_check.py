"""Checking a proof's ledger part: its lines under its checkpoint, and who signed the checkpoint."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.lineage.proof import Line, Proof
from distill.lineage.verdict import ProofFault
from distill.receipts.ledger.checkpoint import Checkpoint, Note, key_id, read_note
from distill.receipts.ledger.entries import Genesis, write_entry
from distill.receipts.ledger.keyring import Keyring, PublicKeys
from distill.receipts.ledger.signing import verify_ed25519
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import TreeHead, verify_consistency
from distill.receipts.merkle_subsets import verify_subset


@dataclass(frozen=True)
class LedgerCheck:
    """A proof's checkpoint, and what follows from it.

    Raises:
        VerificationError: by `of`: the proof holds no checkpoint.
    """

    proof: Proof
    note: Note

    @classmethod
    def of(cls, proof: Proof) -> "LedgerCheck":
        """Read the checkpoint of a proof."""
        try:
            return cls(proof, read_note(proof.ledger.checkpoint.encode()))
        except VerificationError as error:
            raise VerificationError(f"ledger.checkpoint: {error.message}", error.hint) from error

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return self.note.checkpoint

    @property
    def head(self) -> TreeHead:
        """The head of the ledger's tree."""
        return TreeHead(self.checkpoint.size, self.checkpoint.root)

    def faults(self, pinned: Sequence[bytes], kept: Note | None) -> Iterator[ProofFault]:
        """Yield what is wrong with checkpoint, lines, keys, signature and growth."""
        ledger = self.proof.ledger
        leaves = {line.index: leaf_hash(write_entry(line.entry)) for line in ledger.lines}
        try:
            verify_subset(leaves, self.head, ledger.path)
        except VerificationError as error:
            meaning = f"these lines are not in the ledger under the checkpoint: {error.message}"
            yield ProofFault("ledger.lines", meaning)
        first, last = Line(0, Genesis(self.checkpoint.origin)), self.checkpoint.size - 1
        if first not in ledger.lines:
            yield ProofFault("ledger.lines", "the first line of the checkpoint's ledger is missing")
        receipts = {one.line for one in self.proof.receipts.by_name.values()}
        if {0, last, *receipts, *ledger.keys} != leaves.keys():
            meaning = "not the first line, the last one, those of keys and those of the receipts"
            yield ProofFault("ledger.lines", meaning)
        yield from self._key_faults(pinned)
        yield from self._growth_faults(kept)

    def keyring(self) -> Keyring:
        """Return the keys that the proof's lines make."""
        return Keyring.of_numbered((line.index, line.entry) for line in self.proof.ledger.lines)

    def notes(self, pinned: Sequence[bytes], kept: Note | None) -> Iterator[str]:
        """Yield what a reader must know of who stands behind the checkpoint."""
        if self.note.signature is None:
            yield "the checkpoint is unsigned: whoever made the proof may have made the ledger too"
        elif not pinned:
            yield "the key is the proof's own word: hold it against one that you have, with --key"
        if kept is None:
            yield (
                "the checkpoint is the proof's own word: hold it against one that you have, with"
                " --checkpoint"
            )

    def _key_faults(self, pinned: Sequence[bytes]) -> Iterator[ProofFault]:
        numbers = [line.index for line in self.proof.ledger.lines]
        ring = self.keyring()
        for trouble in ring.troubles:
            place = f"ledger.lines[{numbers.index(trouble.index)}]"
            yield ProofFault(place, trouble.meaning, trouble.kind == "key_unendorsed")
        active = ring.active_at(self.checkpoint.size)
        if self.note.signature is None:
            if active is not None:
                yield _of_checkpoint(f"unsigned, though the key {active.id} was active")
            elif pinned:
                yield _of_checkpoint("unsigned, though you hold a key that is to sign it")
        elif active is None or active.id != self.note.signature.key_id:
            yield _of_checkpoint("signed by a key that was not active")
        else:
            yield from self._signature_faults(ring, active, pinned)

    def _signature_faults(
        self, ring: Keyring, active: PublicKeys, pinned: Sequence[bytes]
    ) -> Iterator[ProofFault]:
        signature = self.note.signature.signature if self.note.signature else b""
        if not verify_ed25519(active.checkpoint, signature, self.checkpoint.body):
            yield _of_checkpoint(f"the signature is not one by the key {active.id}")
        if not pinned:
            return
        held = {key_id(self.checkpoint.origin, raw) for raw in pinned}
        known = [ring.vouched_for_by(identity) for identity in held if ring.named(identity)]
        if active.id not in frozenset[str]().union(*known):
            yield _of_checkpoint(
                f"signed by the key {active.id}, which is none of yours"
                f" ({', '.join(sorted(held))}) and descends from none of them by rotations"
            )

    def _growth_faults(self, kept: Note | None) -> Iterator[ProofFault]:
        growth = self.proof.ledger.growth
        if growth is not None:
            try:
                verify_consistency(TreeHead(growth.size, growth.root), self.head, growth.path)
            except VerificationError as error:
                yield ProofFault("ledger.growth", error.message)
        if kept is not None:
            yield from self._kept_faults(kept.checkpoint)

    def _kept_faults(self, yours: Checkpoint) -> Iterator[ProofFault]:
        growth = self.proof.ledger.growth
        known = {} if growth is None else {growth.size: growth.root}
        known[self.checkpoint.size] = self.checkpoint.root
        if yours.origin != self.checkpoint.origin:
            yield _of_checkpoint(f"of another ledger than your checkpoint, {yours.origin}")
        elif yours.size not in known:
            yield ProofFault(
                "ledger.checkpoint",
                f"your checkpoint is of {yours.size} lines, of which this proof shows nothing: ask"
                " for one that `distill prove --since` made with your checkpoint",
                is_uncheckable=True,
            )
        elif known[yours.size] != yours.root:
            yield _of_checkpoint(f"not the ledger of your checkpoint of {yours.size} lines")


def _of_checkpoint(meaning: str) -> ProofFault:
    return ProofFault("ledger.checkpoint", meaning)
