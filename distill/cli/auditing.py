"""The flags of the commands that audit a workspace; each names the function that runs it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from distill.cli.command import Commands, add_command


def _verify(commands: Commands) -> None:
    verify = add_command(
        commands, "verify", "verification:verify", "reread ledger, receipts, inputs and outputs"
    )
    verify.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="a receipt's digest (the first digits do), a file, a dataset (sft, exports/sft) with "
        "all that it stands on, or a release's folder, wherever it lies (default: the whole "
        "workspace)",
    )
    depth = verify.add_mutually_exclusive_group()
    depth.add_argument(
        "--deep",
        action="store_true",
        help="check SHA-256, record counts, record roots and every row against its schema too",
    )
    depth.add_argument(
        "--quick",
        action="store_true",
        help="don't reread files whose inode and times are as the last --quick left them",
    )
    verify.add_argument(
        "--threads", type=int, metavar="N", help="read with N threads (default: all cores)"
    )
    verify.add_argument(
        "--since",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="your own copy of an older checkpoint: the ledger must go on from it",
    )
    verify.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a public key (PEM or vkey) that you had by another way: the ledger's must descend "
        "from it",
    )


def _ledger(commands: Commands) -> None:
    ledger = add_command(
        commands, "ledger", "ledger:ledger", "show the ledger, mend it, or print its checkpoint"
    )
    ledger.add_argument(
        "action",
        nargs="?",
        choices=("show", "checkpoint", "repair"),
        default="show",
        help="show it (default); print the newest checkpoint, to be kept elsewhere; or append "
        "receipts that no line records and cut a line that a crash left unfinished",
    )


def _keys(commands: Commands) -> None:
    keys = add_command(
        commands, "keys", "ledger:keys", "make, rotate or revoke the keys that sign the ledger"
    )
    keys.add_argument(
        "action", nargs="?", choices=("show", "init", "rotate", "revoke"), default="show"
    )
    keys.add_argument("id", nargs="?", metavar="ID", help="revoke: the id of the key")
    keys.add_argument(
        "--checkpoint-key", type=Path, metavar="PEM", help="take this Ed25519 key, don't make one"
    )
    keys.add_argument(
        "--attestation-key", type=Path, metavar="PEM", help="take this P-256 key, don't make one"
    )
    keys.add_argument("--reason", default="", metavar="TEXT", help="revoke: why")
    keys.add_argument(
        "--old-is-lost",
        action="store_true",
        help="init: the active key can sign no more; nobody vouches for the new one",
    )


def _diff(commands: Commands) -> None:
    diff = add_command(commands, "diff", "comparing:diff", "say which rows differ, and why")
    what = "a release, a date, a time, `now`, or a receipt's digest or unique prefix"
    diff.add_argument("a", metavar="A", help=f"the older side: {what}")
    diff.add_argument("b", metavar="B", nargs="?", default="now", help="the newer (default: now)")
    diff.add_argument(
        "--rows",
        nargs="?",
        const="all",
        choices=("all", "added", "removed", "changed"),
        help="list the rows too; with --json also what they hold",
    )
    diff.add_argument(
        "--set",
        action="append",
        choices=("evidence", "scored", "rag", "sft", "preference"),
        help="compare this set alone; may be given again",
    )


def _reproduce(commands: Commands) -> None:
    reproduce = add_command(
        commands, "reproduce", "reproduce:reproduce", "run a recorded stage again and compare"
    )
    reproduce.add_argument(
        "receipt",
        metavar="RECEIPT",
        help="a receipt's digest, a unique prefix of it, or a stage: its newest receipt",
    )
    reproduce.add_argument(
        "--code", type=Path, metavar="DIR", help="the folder that the stage's module is in"
    )
    reproduce.add_argument(
        "--scratch", type=Path, metavar="DIR", help="work here, not among temporary files"
    )
    reproduce.add_argument(
        "--keep", action="store_true", help="leave the folder in which the stage ran"
    )


def _release(commands: Commands) -> None:
    release = add_command(
        commands, "release", "release:release", "pin an immutable set in releases/NAME"
    )
    release.add_argument("name", metavar="NAME", help="a new name, such as 2026-01")
    release.add_argument(
        "--withhold",
        action="append",
        default=[],
        metavar="raw,evidence",
        help="leave the raw logs, or the evidence and scored runs, out by a signed list",
    )
    release.add_argument(
        "--dry-run", action="store_true", help="check everything, say what it would hold"
    )


def _attestations(commands: Commands) -> None:
    attest = add_command(
        commands, "attest", "attestation:make", "sign a statement of how a release was made"
    )
    attest.add_argument("release", metavar="RELEASE", help="the name of a release")
    attest.add_argument(
        "--output", type=Path, metavar="FILE", help="default: releases/RELEASE.attestation.json"
    )
    verify = add_command(
        commands,
        "verify-attestation",
        "attestation:verify",
        "hold an attestation against its release",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help="the attestation")
    verify.add_argument(
        "release", nargs="?", metavar="RELEASE", help="its folder or name (default: beside FILE)"
    )
    verify.add_argument(
        "--key",
        action="append",
        default=[],
        type=Path,
        metavar="PEM",
        help="the P-256 public key that must have signed, kept elsewhere",
    )


def _proofs(commands: Commands) -> None:
    prove = add_command(
        commands, "prove", "lineage:prove", "prove from which raw records a sample was made"
    )
    prove.add_argument(
        "sample", nargs="?", metavar="SAMPLE", help="a sample's id, or a unique prefix of it"
    )
    prove.add_argument(
        "--absent",
        nargs=2,
        metavar=("RUN", "DATASET"),
        help="instead: read every row of a set (rag, sft, preference) and state that none names "
        "this run; 10 where one does",
    )
    prove.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
    prove.add_argument(
        "--since",
        type=Path,
        metavar="CHECKPOINT",
        help="also prove that the ledger goes on from this older checkpoint",
    )
    verify = add_command(
        commands,
        "verify-proof",
        "lineage:verify",
        "check a proof with nothing but the proof, and what you hold",
    )
    verify.add_argument("file", type=Path, metavar="FILE", help="what `distill prove` wrote")
    verify.add_argument(
        "--key",
        action="append",
        default=[],
        type=Path,
        metavar="PUB",
        help="an Ed25519 public key that you had by another way (PEM or vkey)",
    )
    verify.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="a checkpoint that you had by another way",
    )
    verify.add_argument(
        "--receipts",
        type=Path,
        metavar="FOLDER",
        help="a workspace or release: hold the proof against the whole receipts in it",
    )
    verify.add_argument(
        "--replay",
        action="store_true",
        help="also run the pure steps again on these records, and compare bytes; takes the "
        "parameters from the receipts (default: those of the workspace here)",
    )


def _recall(commands: Commands) -> None:
    recall = add_command(
        commands, "recall", "recalling:recall", "say what a run, a source or a raw file touched"
    )
    recall.add_argument(
        "target",
        metavar="RUN|SOURCE|FILE",
        help="a run id (or a unique prefix), a source's name, or a raw file as receipts name it",
    )
    recall.add_argument(
        "--as",
        dest="kind",
        choices=("run", "source", "file"),
        help="which of them it is, where a text could be two",
    )
    recall.add_argument(
        "--withdraw", action="store_true", help="use it no more: build everything without it"
    )
    recall.add_argument("--reason", default="", metavar="TEXT", help="--withdraw: why")
    recall.add_argument("--by", metavar="NAME", help="--withdraw: who says so")


def _prune(commands: Commands) -> None:
    prune = add_command(
        commands, "prune", "pruning:run", "say which replaced versions may be deleted"
    )
    prune.add_argument("--yes", action="store_true", help="delete them, and leave a receipt")
    prune.add_argument(
        "--keep-days",
        type=int,
        metavar="N",
        help="keep what was current in the last N days (default: [retention], 30)",
    )
    prune.add_argument(
        "--keep-runs",
        type=int,
        metavar="N",
        help="keep the newest N runs of every stage (default: [retention], 3)",
    )
    prune.add_argument(
        "--withdrawn", action="store_true", help="also versions that hold what is withdrawn"
    )


#: What adds each command, in the order of the help.
AUDIT_COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    "verify": _verify,
    "ledger": _ledger,
    "keys": _keys,
    "release": _release,
    "attest": _attestations,
    "verify-attestation": _attestations,
    "diff": _diff,
    "reproduce": _reproduce,
    "prove": _proofs,
    "verify-proof": _proofs,
    "recall": _recall,
    "prune": _prune,
}
