"""Checking a proof's ledger part: its lines under its checkpoint, and who signed the checkpoint."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.lineage.proof import Line, Proof
from distill.lineage.verdict import ProofFault
from distill.receipts.ledger.checkpoint import Checkpoint, Note, key_id, read_note
from distill.receipts.ledger.entries import Entry, Genesis, KeyChange, read_entry
from distill.receipts.ledger.keyring import Keyring, PublicKeys
from distill.receipts.ledger.signing import verify_ed25519
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import TreeHead, verify_consistency, verify_inclusion


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

    def line_fault(self, place: str, line: Line) -> ProofFault | None:
        """Return why a line is not in the ledger under the checkpoint, null where it is."""
        try:
            verify_inclusion(leaf_hash(line.line), self.head, line.index, line.path)
        except VerificationError as error:
            return ProofFault(place, f"not in the ledger under the checkpoint: {error.message}")
        return None

    def faults(self, pinned: Sequence[bytes], kept: Note | None) -> Iterator[ProofFault]:
        """Yield what is wrong with checkpoint, first and last line, keys, signature and growth."""
        ledger = self.proof.ledger
        named = [("ledger.first", ledger.first), ("ledger.last", ledger.last)]
        named += [(f"ledger.keys[{i}]", line) for i, line in enumerate(ledger.keys)]
        found = [self.line_fault(place, line) for place, line in named]
        yield from (fault for fault in found if fault is not None)
        if ledger.last.index != self.checkpoint.size - 1:
            yield ProofFault("ledger.last", "not the checkpoint's last line")
        first = _entry(ledger.first)
        if ledger.first.index != 0 or first != Genesis(self.checkpoint.origin):
            yield ProofFault("ledger.first", "not the first line of the checkpoint's ledger")
        yield from self._key_faults(pinned)
        yield from self._growth_faults(kept)

    def keyring(self) -> Keyring:
        """Return the keys that the proof's lines make."""
        lines = (self.proof.ledger.first, *self.proof.ledger.keys)
        return Keyring.of_numbered((line.index, _entry(line)) for line in lines)

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
        keys = self.proof.ledger.keys
        numbers = [line.index for line in keys]
        are_keys = all(isinstance(_entry(line), KeyChange) for line in keys)
        if numbers != sorted(set(numbers)) or not are_keys:
            yield ProofFault("ledger.keys", "not the ledger's key lines in their order")
            return
        ring = self.keyring()
        for trouble in ring.troubles:
            place = f"ledger.keys[{numbers.index(trouble.index)}]"
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


def _entry(line: Line) -> Entry | None:
    try:
        return read_entry(line.line)
    except VerificationError:
        return None
