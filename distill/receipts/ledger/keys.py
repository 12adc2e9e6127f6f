"""Making, rotating and revoking the keys of a workspace: each is an entry of the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from distill.errors import ConfigurationError
from distill.receipts.clock import now
from distill.receipts.ledger.checkpoint import key_id
from distill.receipts.ledger.entries import (
    Entry,
    Genesis,
    KeyAction,
    KeyChange,
    KeySignature,
    read_entry,
)
from distill.receipts.ledger.key_files import (
    load_signer,
    private_places,
    write_private_keys,
    write_public_files,
)
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring, PublicKeys
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.signing import KeyPair, load_keys, new_keys
from distill.receipts.workspace import Workspace

GivenKeys: TypeAlias = tuple[Path, Path]
Check: TypeAlias = Callable[[Keyring], None]


def init_keys(
    workspace: Workspace, *, given: GivenKeys | None = None, is_old_lost: bool = False
) -> PublicKeys:
    """Make a pair of keys, or take given PEM files (Ed25519, P-256), and let it sign from now on.

    ``is_old_lost`` takes the place of an active key that can sign no more; nobody vouches for the
    new one then, and every verification says so.

    Raises:
        ConfigurationError: a key is active already, or a given file holds no such key.
    """
    pair = new_keys() if given is None else load_keys(*given)

    def check(ring: Keyring) -> None:
        if ring.active is not None and not is_old_lost:
            raise ConfigurationError(
                f"the key {ring.active.id} signs this ledger already",
                "`distill keys rotate` replaces it; `distill keys init --old-is-lost` where it "
                "can't sign any more",
            )

    return _bring(workspace, pair, "add", check)


def rotate_keys(workspace: Workspace, *, given: GivenKeys | None = None) -> PublicKeys:
    """Let a new pair, or a given one, take over from the active one: both sign the change.

    Raises:
        ConfigurationError: no key is active, or its private half is not here.
    """
    pair = new_keys() if given is None else load_keys(*given)

    def check(ring: Keyring) -> None:
        if ring.active is None:
            raise ConfigurationError("no key is active", "make one with `distill keys init`")

    return _bring(workspace, pair, "rotate", check)


def revoke_key(workspace: Workspace, identity: str, reason: str) -> None:
    """Revoke a key: what it signed before stays signed, and it signs nothing from now on.

    The revocation is signed by the active key, or else by the revoked one.

    Raises:
        ConfigurationError: there is no such key, it is revoked already, or no key can sign.
    """

    def entry(lines: Sequence[bytes]) -> Entry:
        ring, origin = _state(lines)
        keys = ring.named(identity)
        if keys is None or identity in ring.revoked:
            known = ", ".join(one.id for one in ring.keys if one.id not in ring.revoked)
            raise ConfigurationError(
                f"no unrevoked key has the id {identity!r}", f"known: {known or 'none'}"
            )
        signer = load_signer(workspace, ring)
        by = identity if ring.active is None else ring.active.id
        if signer is None:
            signer = load_keys(*private_places(workspace, identity))
        change = KeyChange(
            "revoke", now(), None, None, identity, len(lines), origin, reason or None, ()
        )
        return replace(change, signatures=(KeySignature(by, signer.sign(change.message)),))

    ledger = Ledger(workspace)
    ledger.append(entry)
    publish_keys(workspace)


def publish_keys(workspace: Workspace) -> None:
    """Write the public keys of the ledger into the workspace, where they are not there yet."""
    lines = Ledger(workspace).lines()
    if lines:
        ring, origin = _state(lines)
        write_public_files(workspace, origin, ring)


def _bring(workspace: Workspace, pair: KeyPair, action: KeyAction, check: Check) -> PublicKeys:
    """Enter a pair in the ledger; its files are durable before the line that names it."""
    ledger = Ledger(workspace)
    made: list[PublicKeys] = []

    def entry(lines: Sequence[bytes]) -> Entry:
        ring, origin = _state(lines)
        check(ring)
        signers = {key_id(origin, raw_ed25519(pair.checkpoint_public)): pair}
        identity = next(iter(signers))
        if ring.named(identity) is not None:
            raise ConfigurationError(
                f"the key {identity} was in this ledger before", "give a new one"
            )
        old = load_signer(workspace, ring) if action == "rotate" else None
        if old is not None and ring.active is not None:
            signers = {ring.active.id: old, **signers}
        write_private_keys(workspace, identity, pair)
        public = PublicKeys(identity, pair.checkpoint_public, pair.attestation_public)
        made.append(public)
        change = KeyChange(
            action=action,
            at=now(),
            attestation=public.attestation,
            checkpoint=public.checkpoint,
            id=identity,
            index=len(lines),
            origin=origin,
            reason=None,
            signatures=(),
        )
        signatures = tuple(
            KeySignature(by, signer.sign(change.message)) for by, signer in signers.items()
        )
        return replace(change, signatures=signatures)

    ledger.append(entry)
    publish_keys(workspace)
    return made[0]


def _state(lines: Sequence[bytes]) -> tuple[Keyring, str]:
    first = read_entry(lines[0])
    origin = first.origin if isinstance(first, Genesis) else ""
    return Keyring.of_lines(lines), origin
