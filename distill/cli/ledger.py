"""`distill ledger` and `distill keys`."""

import argparse
import sys
from typing import Any

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.receipts import Workspace
from distill.receipts.ledger.key_files import private_folder, public_folder
from distill.receipts.ledger.keyring import Keyring, PublicKeys
from distill.receipts.ledger.keys import GivenKeys, init_keys, revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.repair import repair_ledger


def ledger(options: argparse.Namespace, console: Console) -> int:
    """Show the ledger, print its newest checkpoint, or mend it."""
    workspace = _workspace(options)
    if options.action == "repair":
        return _repair(workspace, console)
    log = Ledger(workspace)
    note = log.newest_checkpoint()
    if note is None:
        raise ConfigurationError("there is no ledger yet", "`distill run` begins one")
    if options.action == "checkpoint":
        text = note.content.decode("utf-8")
        console.document({"checkpoint": text})
        if not console.as_json:
            sys.stdout.write(text)
        return EXIT_OK
    lines = log.lines()
    signed = "unsigned" if note.signature is None else f"signed by {note.signature.key_id}"
    console.line(f"ledger {note.checkpoint.origin}: {len(lines)} lines")
    console.line(f"newest checkpoint: size {note.checkpoint.size}, {signed}")
    console.document(
        {
            "origin": note.checkpoint.origin,
            "lines": len(lines),
            "checkpoint_size": note.checkpoint.size,
            "signed_by": note.signature and note.signature.key_id,
        }
    )
    return EXIT_OK


def keys(options: argparse.Namespace, console: Console) -> int:
    """Show the keys, or make, rotate or revoke one."""
    workspace = _workspace(options)
    if options.action == "init":
        made = init_keys(workspace, given=_given(options), is_old_lost=options.old_is_lost)
        _tell_new(made, workspace, console)
    elif options.action == "rotate":
        _tell_new(rotate_keys(workspace, given=_given(options)), workspace, console)
    elif options.action == "revoke":
        if options.id is None:
            raise ConfigurationError("name the key to revoke", "`distill keys` lists them")
        revoke_key(workspace, options.id, options.reason)
        console.line(f"revoked the key {options.id}: it signs nothing from now on")
    ring = Keyring.of_lines(Ledger(workspace).lines())
    if options.action == "show":
        for one in ring.keys:
            console.line(f"{one.id}  {_state_of(one, ring)}")
        if not ring.keys:
            console.line("no key: the ledger is unsigned; `distill keys init` makes a pair")
    console.document({"keys": [_as_json(one, ring) for one in ring.keys]})
    return EXIT_OK


def _workspace(options: argparse.Namespace) -> Workspace:
    return Workspace.find(options.workspace)


def _repair(workspace: Workspace, console: Console) -> int:
    done = repair_ledger(workspace)
    if done.cut_bytes:
        console.line(f"cut a line that a crash left unfinished ({done.cut_bytes} bytes)")
    if done.covered:
        console.line(f"made the checkpoint of {done.covered} line that had none")
    for digest in done.appended:
        console.line(f"appended the receipt {digest}, which no line recorded")
    if not (done.cut_bytes or done.covered or done.appended):
        console.line("nothing to mend")
    console.document(
        {
            "cut_bytes": done.cut_bytes,
            "covered": done.covered,
            "appended": [digest.hex for digest in done.appended],
        }
    )
    return EXIT_OK


def _given(options: argparse.Namespace) -> GivenKeys | None:
    given = (options.checkpoint_key, options.attestation_key)
    if given == (None, None):
        return None
    if None in given:
        raise ConfigurationError(
            "one key of the pair is missing", "give --checkpoint-key and --attestation-key"
        )
    return given


def _tell_new(made: PublicKeys, workspace: Workspace, console: Console) -> None:
    console.line(f"the key {made.id} signs from now on")
    console.line(f"private: {private_folder(workspace)} (git ignores it; keep a copy elsewhere)")
    console.line(
        f"public:  {public_folder(workspace)} (give it to those who verify, by another way)"
    )


def _state_of(one: PublicKeys, ring: Keyring) -> str:
    if one.id in ring.revoked:
        return "revoked"
    return "active" if ring.active is not None and ring.active.id == one.id else "replaced"


def _as_json(one: PublicKeys, ring: Keyring) -> dict[str, Any]:
    return {"id": one.id, "state": _state_of(one, ring)}
