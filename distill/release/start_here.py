"""The pages that a release opens with: what it is, how to check it, and what was kept out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill.receipts.release_manifest import WithheldClass
from distill.release.figures import SETS, Figures
from distill.release.snapshot import Snapshot

_CLASSES: dict[WithheldClass, str] = {
    "raw": "the raw logs, and the other files that the first stage read",
    "evidence": "the evidence records and the scored runs, which hold or describe the runs",
}


@dataclass(frozen=True)
class Opening:
    """What START-HERE.md says besides what is true of every release."""

    name: str
    workspace: str
    snapshot: Snapshot
    figures: Figures
    withheld: Sequence[WithheldClass]


def start_here(opening: Opening) -> bytes:
    """Return START-HERE.md, for somebody who has this folder and nothing else."""
    parts = (
        _what(opening),
        _contents(opening),
        _check(opening),
        _more_checks(opening),
        _proves(),
    )
    return "\n".join(line for part in parts for line in part).encode() + b"\n"


def _what(opening: Opening) -> Iterator[str]:
    yield f"# {opening.workspace}: release {opening.name}"
    yield ""
    yield (
        "Training sets made from the logs of AI agents' runs, with a receipt for every step from"
        " the raw logs to the rows, and everything that is needed to check them. The folder is"
        " complete: it needs no other file, no network and nothing of the software that made it."
    )
    yield ""
    yield "| set | rows | quarantined | of |"
    yield "|---|---:|---:|---:|"
    for name in SETS:
        refused, looked_at = opening.figures.quarantined(name)
        yield f"| {name} | {opening.figures.rows(name):,} | {refused:,} | {looked_at:,} |"
    yield ""


def _contents(opening: Opening) -> Iterator[str]:
    yield "## What is where"
    yield ""
    yield "| file or folder | what it is |"
    yield "|---|---|"
    yield "| `exports/` | the sets, one JSON object a line; each has a card, `README.md` |"
    yield "| `RELEASE-NOTES.md` | what changed since the release before |"
    yield "| `QUARANTINE.md`, `quarantine/` | how much was kept out and why; where each is from |"
    if "evidence" not in opening.withheld:
        yield f"| `data/` | {_CLASSES['evidence']} |"
    if "raw" not in opening.withheld:
        yield f"| all other folders, `roots/` | {_CLASSES['raw']}, where the receipts name them |"
    yield "| `receipts/README.md` | what every field of receipts, ledger and release means |"
    yield "| `receipts/objects/` | the receipts |"
    yield "| `receipts/ledger/` | the log of all receipts, and its checkpoints |"
    yield "| `receipts/keys/` | the public keys; none where nothing is signed |"
    yield "| `release.json` | every file of this folder, with size and digests |"
    yield "| `B3SUMS`, `SHA256SUMS` | the same digests for `b3sum` and `sha256sum` |"
    yield ""
    if opening.withheld:
        yield "Left out on purpose, and listed with digests under `withheld` in `release.json`:"
        yield ""
        for kind in opening.withheld:
            yield f"- {_CLASSES[kind]}"
        yield ""
    else:
        yield "Nothing was left out."
        yield ""


def _check(opening: Opening) -> Iterator[str]:
    yield "## Check it"
    yield ""
    yield "In this folder, with a shell, `jq` and `openssl` (or `shasum`):"
    yield ""
    yield "```sh"
    yield "sh receipts/verify.sh"
    yield "```"
    yield ""
    yield (
        "The last line is the verdict: `SOUND`, `NOT SOUND` (something was changed, removed or"
        " added, and each is named above it) or `CANNOT CHECK` (nothing wrong was seen, but"
        " something that is needed is missing, and is named)."
    )
    yield ""
    key = opening.snapshot.ring.active
    if key is None:
        yield (
            "This release is **not signed**: the check finds damage and careless changes, but not"
            " somebody who wrote all of it anew. Compare the digest of `release.json` with one that"
            " its maker gave you by another way."
        )
    else:
        yield (
            f"It is signed by the key `{key.id}`. A key that comes in the same folder vouches for"
            " nothing by itself: get the maker's public key by another way, and name it:"
        )
        yield ""
        yield "```sh"
        yield "sh receipts/verify.sh --key THE-KEY-YOU-WERE-GIVEN.pem"
        yield "```"
    yield ""
    yield (
        "Had you a checkpoint of this ledger before (a file of `receipts/ledger/checkpoints/` that"
        " you kept)? `--since THAT-FILE` shows that nothing was rewritten since, and it is what to"
        f" keep of this one: `receipts/ledger/checkpoints/{opening.snapshot.size:016d}`."
    )
    yield ""


def _more_checks(opening: Opening) -> Iterator[str]:
    yield "By other tools:"
    yield ""
    yield "```sh"
    yield "b3sum --check B3SUMS"
    yield "sha256sum --check SHA256SUMS        # or: shasum -a 256 --check SHA256SUMS"
    if opening.snapshot.ring.active is not None:
        key = opening.snapshot.ring.active.id
        yield (
            f"openssl dgst -sha256 -verify receipts/keys/{key}.attestation.pem"
            " -signature release.json.p256 release.json"
        )
        yield (
            "ssh-keygen -Y verify -f receipts/keys/allowed_signers"
            f" -I {opening.snapshot.origin} -n distill -s release.json.sig < release.json"
        )
    yield "distill verify .                    # where Distill is installed"
    yield "```"
    yield ""


def _proves() -> Iterator[str]:
    yield "## What it does not prove"
    yield ""
    yield (
        "That the logs were complete or true when they were first read, and that the key belongs"
        " to whom it says. `receipts/README.md` has the whole list."
    )


def quarantine_summary(figures: Figures) -> bytes:
    """Return QUARANTINE.md: how many units each stage kept out, by reason."""
    lines = ["# What was kept out, and why", ""]
    lines.append(
        "Each row of `quarantine/<stage>.jsonl` names one unit, its reason, what else failed, and"
        " where it stands in the raw logs; no text is in it."
    )
    for stage, receipt in figures.receipts.items():
        reasons = figures.group(stage, "by_reason")
        if f"quarantine/{stage}.jsonl" not in {entry.path for entry in receipt.claim.outputs}:
            continue
        lines += ["", f"## {stage}", ""]
        if not reasons:
            lines.append("Nothing.")
            continue
        lines += ["| reason | units |", "|---|---:|"]
        lines += [f"| `{reason}` | {count:,} |" for reason, count in sorted(reasons.items())]
    return "\n".join(lines).encode() + b"\n"
