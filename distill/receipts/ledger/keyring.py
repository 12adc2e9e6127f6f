"""Which keys sign: read off the ledger's key entries, one after another.

1. ``add``: signed by the new key. The first one starts the signing; a later one, while there was a
   key before, is endorsed by nobody (the old key was lost), and is reported.
2. ``rotate``: signed by the active key and by the new one; the new one is active from there on.
3. ``revoke``: signed by the revoked key or by the active one. What a revoked key signed before
   stays signed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from distill.receipts.ledger.checkpoint import key_id
from distill.receipts.ledger.entries import Entry, Genesis, KeyChange, read_entry
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.signing import verify_ed25519

Trouble: TypeAlias = Literal["signature_wrong", "key_unendorsed"]


class PublicKeys(NamedTuple):
    """The public halves of a pair, DER; ``id`` is the C2SP id of the Ed25519 key."""

    id: str
    checkpoint: bytes
    attestation: bytes


@dataclass(frozen=True, slots=True)
class KeyTrouble:
    """A key entry that is not believed, or that no older key vouches for; its line from 0."""

    index: int
    kind: Trouble
    meaning: str


@dataclass(frozen=True)
class Keyring:
    """The keys of a ledger. ``turns`` tells from which size on which pair is active, if any."""

    turns: tuple[tuple[int, PublicKeys | None], ...] = ()
    keys: tuple[PublicKeys, ...] = ()
    revoked: frozenset[str] = frozenset()
    troubles: tuple[KeyTrouble, ...] = ()
    _endorsed: frozenset[tuple[str, str]] = field(default=frozenset())

    @classmethod
    def of(cls, entries: Iterable[Entry | None]) -> "Keyring":
        """Read the keys off a ledger's entries, from line 0.

        An entry that is not believed has no effect but a trouble; null is one of no concern.
        """
        return cls.of_numbered(enumerate(entries))

    @classmethod
    def of_numbered(cls, entries: Iterable[tuple[int, Entry | None]]) -> "Keyring":
        """Read the keys off those entries that concern them, each with its line number from 0."""
        ring, origin = cls(), ""
        for index, entry in entries:
            if isinstance(entry, Genesis):
                origin = entry.origin
            elif isinstance(entry, KeyChange):
                ring = ring._after(entry, index, origin)
        return ring

    @classmethod
    def of_lines(cls, lines: Iterable[bytes]) -> "Keyring":
        """Read the keys off a ledger's lines; only those that concern keys are parsed.

        Raises:
            VerificationError: one of those is no entry.
        """
        return cls.of(
            read_entry(line) if b'"entry":"key"' in line or not index else None
            for index, line in enumerate(lines)
        )

    @property
    def active(self) -> PublicKeys | None:
        """The pair that signs now."""
        return self.turns[-1][1] if self.turns else None

    @property
    def has_signed(self) -> bool:
        """Whether there ever was a key."""
        return bool(self.keys)

    def active_at(self, size: int) -> PublicKeys | None:
        """Return the pair that signs the checkpoint of this size."""
        found = None
        for since, keys in self.turns:
            if since <= size:
                found = keys
        return found

    def named(self, identity: str) -> PublicKeys | None:
        """Return the pair of this id."""
        return next((keys for keys in self.keys if keys.id == identity), None)

    def vouched_for_by(self, identity: str) -> frozenset[str]:
        """Return the ids of this key and of all that descend from it by endorsed rotations."""
        found = {identity}
        for old, new in sorted(self._endorsed, key=lambda edge: self._order(edge[1])):
            if old in found:
                found.add(new)
        return frozenset(found)

    def _order(self, identity: str) -> int:
        return next(i for i, keys in enumerate(self.keys) if keys.id == identity)

    def _after(self, change: KeyChange, index: int, origin: str) -> "Keyring":
        fault = next(self._faults(change, index, origin), None)
        if fault is not None:
            trouble = KeyTrouble(index, "signature_wrong", fault)
            return replace(self, troubles=(*self.troubles, trouble))
        if change.action == "revoke":
            return self._revoked(change, index)
        keys = PublicKeys(change.id, change.checkpoint or b"", change.attestation or b"")
        ring = replace(self, turns=(*self.turns, (index + 1, keys)), keys=(*self.keys, keys))
        if change.action == "rotate" and self.active is not None:
            return replace(ring, _endorsed=self._endorsed | {(self.active.id, keys.id)})
        if self.keys:
            meaning = f"the key {keys.id} is vouched for by no key before it"
            trouble = KeyTrouble(index, "key_unendorsed", meaning)
            return replace(ring, troubles=(*self.troubles, trouble))
        return ring

    def _revoked(self, change: KeyChange, index: int) -> "Keyring":
        is_active = self.active is not None and self.active.id == change.id
        turns = (*self.turns, (index + 1, None)) if is_active else self.turns
        return replace(self, turns=turns, revoked=self.revoked | {change.id})

    def _faults(self, change: KeyChange, index: int, origin: str) -> Iterator[str]:
        if (change.index, change.origin) != (index, origin):
            yield "a key entry was made for another place or another ledger"
        if change.action == "revoke":
            yield from self._faults_of_revocation(change)
            return
        if self.named(change.id) is not None:
            yield f"the key {change.id} was there before"
        try:
            own = key_id(origin, raw_ed25519(change.checkpoint or b""))
        except ValueError:
            yield "a key entry's checkpoint key is no Ed25519 key"
            return
        if own != change.id:
            yield "a key entry's id is not that of its key"
        yield from self._faults_of_signatures(change)

    def _faults_of_signatures(self, change: KeyChange) -> Iterator[str]:
        signers = {change.id: change.checkpoint}
        if change.action == "rotate":
            if self.active is None:
                yield "a key takes over, but none was active"
                return
            signers[self.active.id] = self.active.checkpoint
        if sorted(one.by for one in change.signatures) != sorted(signers):
            yield f"a key entry is to be signed by {' and '.join(sorted(signers))}, and is not"
            return
        for by, public in signers.items():
            if not _is_signed(change, by, public):
                yield f"a key entry's signature by the key {by} is wrong"

    def _faults_of_revocation(self, change: KeyChange) -> Iterator[str]:
        keys = self.named(change.id)
        if keys is None or change.id in self.revoked:
            yield f"the revoked key {change.id} is unknown, or was revoked before"
            return
        signers = {keys.id: keys} | ({self.active.id: self.active} if self.active else {})
        by = [one.by for one in change.signatures]
        if len(by) != 1 or by[0] not in signers:
            yield "a revocation is signed by one key: the revoked or the active one"
        elif not _is_signed(change, by[0], signers[by[0]].checkpoint):
            yield f"the revocation of the key {change.id} has a wrong signature"


def _is_signed(change: KeyChange, by: str, public: bytes | None) -> bool:
    found = [one.ed25519 for one in change.signatures if one.by == by]
    return (
        len(found) == 1 and public is not None and verify_ed25519(public, found[0], change.message)
    )
