"""An auditor's own copy of an older checkpoint: the ledger of today must go on from it."""

from collections.abc import Iterator
from dataclasses import dataclass

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.base64_text import to_base64
from distill.receipts.faults import Fault
from distill.receipts.ledger.checkpoint import Checkpoint, Note, read_note
from distill.receipts.ledger.places import LOG
from distill.receipts.ledger.signing import verify_ed25519
from distill.receipts.verify.ledger_view import LedgerView


@dataclass(frozen=True, slots=True)
class OldCheckpoint:
    """A checkpoint that was kept elsewhere; ``name`` is for reports."""

    name: str
    note: Note

    @classmethod
    def read(cls, content: bytes, name: str) -> "OldCheckpoint":
        """Return the checkpoint that a file of the auditor's holds.

        Raises:
            ConfigurationError: the bytes are none.
        """
        try:
            return cls(name, read_note(content))
        except VerificationError as error:
            raise ConfigurationError(
                f"{name}: {error.message}", "give a copy of a file of receipts/ledger/checkpoints"
            ) from error


def since_faults(view: LedgerView, old: OldCheckpoint) -> Iterator[Fault]:
    """Yield whether today's ledger does not go on from an older one.

    The lines are here, so consistency is told by the root over as many of them as the old
    checkpoint covers; no proof is needed.
    """
    then: Checkpoint = old.note.checkpoint
    if then.origin != view.origin:
        message = f"the checkpoint {old.name} is of another ledger"
        yield _rewritten(then.origin, view.origin or "none", message)
    elif then.size > view.size:
        message = f"lines were cut off since the checkpoint {old.name}"
        yield _rewritten(f"{then.size} lines", f"{view.size} lines", message)
    elif view.roots[then.size] != then.root:
        message = f"the first {then.size} lines are not those of the checkpoint {old.name}"
        expected, found = to_base64(then.root), to_base64(view.roots[then.size])
        yield _rewritten(f"root {expected}", f"root {found}", message)
    else:
        yield from _signature_faults(view, old)


def _signature_faults(view: LedgerView, old: OldCheckpoint) -> Iterator[Fault]:
    """Yield whether the auditor's copy bears a signature that the ledger's keys did not make."""
    signature, active = old.note.signature, view.keyring.active_at(old.note.checkpoint.size)
    if signature is None:
        return
    if active is None or active.id != signature.key_id:
        message = f"the checkpoint {old.name} is signed by a key that was not active then"
        expected = "no key" if active is None else f"key {active.id}"
        yield Fault("key_unknown", old.name, expected, f"key {signature.key_id}", message)
    elif not verify_ed25519(active.checkpoint, signature.signature, old.note.checkpoint.body):
        message = f"the checkpoint {old.name} has a wrong signature"
        yield Fault("signature_wrong", old.name, f"key {active.id}", "a wrong signature", message)


def _rewritten(expected: str, found: str, meaning: str) -> Fault:
    return Fault("history_rewritten", LOG, expected, found, meaning)
