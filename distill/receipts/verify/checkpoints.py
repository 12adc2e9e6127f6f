"""The checkpoints: each says what the lines were, all are there, and the right key signed them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from distill.errors import VerificationError
from distill.receipts.base64_text import to_base64
from distill.receipts.faults import Fault, LedgerSummary, Note
from distill.receipts.ledger.checkpoint import Note as SignedNote
from distill.receipts.ledger.checkpoint import read_note
from distill.receipts.ledger.keyring import PublicKeys
from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, checkpoint_name
from distill.receipts.ledger.signing import verify_ed25519, verify_p256
from distill.receipts.plain_files import Unread
from distill.receipts.verify.ledger_view import LedgerView


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a ledger that can be read, by size; the others have their faults."""

    view: LedgerView
    notes: Mapping[int, SignedNote]
    damage: tuple[Fault, ...]

    @classmethod
    def of(cls, view: LedgerView) -> "Checkpoints":
        """Read the notes of a ledger."""
        notes: dict[int, SignedNote] = {}
        damage: list[Fault] = []
        for size, content in sorted(view.checkpoints.items()):
            found = _note(size, content)
            if isinstance(found, Fault):
                damage.append(found)
            else:
                notes[size] = found
        return cls(view, notes, tuple(damage))

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the checkpoints and their signatures."""
        yield from self.damage
        yield from self._origins()
        yield from self._coverage()
        yield from self._roots()
        for size, note in self.notes.items():
            yield from _signature_faults(size, note, self.view)
        for size in sorted(self.view.checkpoints.keys() - self.notes.keys()):
            yield from _p256_faults(size, self.view)
        yield from self._lone_signatures()

    def summary(self) -> LedgerSummary | None:
        """Return what the ledger is; null where there is none."""
        if not self.view.entries:
            return None
        newest = self.notes.get(self.view.covered)
        signed_by = newest.signature.key_id if newest and newest.signature else None
        return LedgerSummary(self.view.origin, self.view.size, self.view.covered, signed_by)

    def note(self) -> Iterator[Note]:
        """Yield that the ledger is unsigned, where it is."""
        newest = self.notes.get(self.view.covered)
        if newest is not None and newest.signature is None:
            message = (
                "the ledger is unsigned, so whoever can write here can rewrite it all; "
                "`distill keys init` makes keys"
            )
            yield Note("ledger_unsigned", message)

    def _origins(self) -> Iterator[Fault]:
        """Yield checkpoints of another ledger; if all are of one, the log is the odd one out."""
        own = self.view.origin
        named = {size: note.checkpoint.origin for size, note in self.notes.items()}
        if len(named) > 1 and len({*named.values()}) == 1 and own not in named.values():
            message = "the first line names another ledger than all checkpoints"
            yield Fault("ledger_damaged", LOG, min(named.values()), own or "none", message)
            return
        for size, origin in named.items():
            if origin != own:
                message = "the checkpoint is of another ledger"
                yield Fault("checkpoint_damaged", _place(size), own or "none", origin, message)

    def _coverage(self) -> Iterator[Fault]:
        view, newest = self.view, self.view.covered
        if newest > view.size:
            message = f"the ledger has {view.size} lines, and a checkpoint covers {newest}"
            expected, found = f"{newest} lines", f"{view.size} lines"
            yield Fault("ledger_truncated", LOG, expected, found, message)
        for size in range(1, min(newest, view.size)):
            if size not in view.checkpoints:
                message = "every line has its checkpoint, and this one is missing"
                yield Fault("checkpoint_missing", _place(size), "a checkpoint", "nothing", message)
        open_lines = view.size - newest
        if open_lines == 1:
            message = "the last line is covered by no checkpoint yet"
            yield Fault("ledger_unfinished", _place(view.size), "a checkpoint", "nothing", message)
        elif open_lines > 1:
            message = f"{open_lines} lines are covered by no checkpoint, and a crash leaves one"
            found = f"a checkpoint of {newest} lines"
            yield Fault("ledger_uncovered", LOG, f"one of {view.size}", found, message)
        if view.torn:
            message = "the last line is cut off; no checkpoint covers it"
            yield Fault("ledger_unfinished", LOG, "a newline", f"{view.torn} bytes more", message)

    def _roots(self) -> Iterator[Fault]:
        """Yield where lines and checkpoints part.

        If all checkpoints from one on differ, a line was changed; if some differ and later ones
        fit, those files were.
        """
        known = [size for size in self.notes if size <= self.view.size]
        wrong = [s for s in known if self.notes[s].checkpoint.root != self.view.roots[s]]
        if not wrong:
            return
        is_line = wrong == known[known.index(wrong[0]) :]
        if is_line:
            first = wrong[0]
            message = (
                f"line {first} or one before it is not the one that the checkpoint of {first} "
                f"lines covers; {len(wrong)} checkpoints differ"
            )
            yield self._mismatch(LOG, first, message)
        if not is_line or len(wrong) == 1:
            for size in wrong:
                message = "the checkpoint is not one of these lines"
                yield self._mismatch(_place(size), size, message)

    def _mismatch(self, path: str, size: int, meaning: str) -> Fault:
        expected = to_base64(self.notes[size].checkpoint.root)
        found = to_base64(self.view.roots[size])
        return Fault("checkpoint_mismatch", path, f"root {expected}", f"root {found}", meaning)

    def _lone_signatures(self) -> Iterator[Fault]:
        """Yield signatures that belong to nothing; a crash may leave the next checkpoint's."""
        for size in self.view.signatures:
            is_next = size == self.view.size == self.view.covered + 1
            active = self.view.keyring.active_at(size)
            if (size not in self.view.checkpoints and not is_next) or active is None:
                message = "a signature without a checkpoint that it could belong to"
                yield Fault("file_added", _place(size) + P256, "no file", "a file", message)


def _note(size: int, content: bytes | Unread) -> SignedNote | Fault:
    if isinstance(content, Unread):
        message = "the checkpoint can't be read"
        return Fault("checkpoint_damaged", _place(size), "a plain file", content.told, message)
    try:
        note = read_note(content)
    except VerificationError as error:
        expected, found = "a checkpoint", "other bytes"
        return Fault("checkpoint_damaged", _place(size), expected, found, error.message)
    if note.checkpoint.size != size:
        message = "the checkpoint is of another size than its name says"
        found = str(note.checkpoint.size)
        return Fault("checkpoint_damaged", _place(size), str(size), found, message)
    return note


def _signature_faults(size: int, note: SignedNote, view: LedgerView) -> Iterator[Fault]:
    active, signature, place = view.keyring.active_at(size), note.signature, _place(size)
    if active is None:
        if signature is not None:
            yield _unknown(place, "no signature", signature.key_id)
        return
    if signature is None:
        message = "the checkpoint is unsigned, though a key was active"
        yield Fault("checkpoint_unsigned", place, f"key {active.id}", "no signature", message)
    elif signature.key_id != active.id:
        yield _unknown(place, f"key {active.id}", signature.key_id)
    elif not verify_ed25519(active.checkpoint, signature.signature, note.checkpoint.body):
        yield _wrong(place, active)
    yield from _p256_faults(size, view)


def _p256_faults(size: int, view: LedgerView) -> Iterator[Fault]:
    """Yield whether the detached signature is not one of the checkpoint's bytes, damaged or not."""
    active, place = view.keyring.active_at(size), _place(size)
    if active is None:
        return
    content, second = view.checkpoints[size], view.signatures.get(size)
    if second is None:
        message = "the checkpoint's P-256 signature is missing"
        yield Fault("checkpoint_unsigned", place + P256, f"key {active.id}", "nothing", message)
    elif isinstance(second, Unread):
        message = "the checkpoint's P-256 signature can't be read"
        yield Fault("checkpoint_unsigned", place + P256, "a plain file", second.told, message)
    elif isinstance(content, Unread) or not verify_p256(active.attestation, second, content):
        yield _wrong(place + P256, active)


def _wrong(place: str, keys: PublicKeys) -> Fault:
    message = "the signature is not one of these bytes by the key that was active"
    return Fault("signature_wrong", place, f"key {keys.id}", "a wrong signature", message)


def _unknown(place: str, expected: str, identity: str) -> Fault:
    message = "the checkpoint is signed by a key that was not active"
    return Fault("key_unknown", place, expected, f"key {identity}", message)


def _place(size: int) -> str:
    return f"{CHECKPOINTS}/{checkpoint_name(size)}"
