"""What Prefect's UI shows of a receipt: one Markdown artifact a stage, under a fixed key.

A fixed key gives each stage a page with its history.
"""

import re
from collections.abc import Iterator, Mapping

from prefect.artifacts import create_markdown_artifact

from distill.receipts import Outcome

_NO_KEY = re.compile(r"[^a-z0-9]+")


def artifact_key(stage: str) -> str:
    """Return the key of a stage's artifact: lower-case letters, digits and dashes."""
    return "distill-" + _NO_KEY.sub("-", stage.lower()).strip("-")


def publish_outcome(outcome: Outcome) -> None:
    """Create the artifact of this run of the stage; needs a run context or a server."""
    claim = outcome.receipt.claim
    create_markdown_artifact(
        key=artifact_key(claim.stage),
        markdown=outcome_markdown(outcome),
        description=f"{claim.stage}: {outcome.status}",
    )


def outcome_markdown(outcome: Outcome) -> str:
    """Return counts, outputs, checks and the receipt's digest as Markdown; no record's text."""
    claim = outcome.receipt.claim
    lines = [
        f"# {claim.stage}: {outcome.status}",
        "",
        _cell(outcome.reason),
        "",
        f"Receipt `{outcome.digest}`, validation {claim.validation.status}.",
        "",
        *_table(("count", "value"), ((name, str(n)) for name, n in _flat(claim.counts))),
        *_table(
            ("output", "records", "bytes", "BLAKE3"),
            (
                (f.path, "" if f.records is None else str(f.records), str(f.bytes), f"`{f.blake3}`")
                for f in claim.outputs
            ),
        ),
        *_table(
            ("check", "passed", "detail"),
            (
                (check.name, "yes" if check.passed else "no", check.detail)
                for check in claim.validation.checks
            ),
        ),
    ]
    return "\n".join(lines)


def _flat(counts: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in counts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    body = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    if not body:
        return []
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *body, ""]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
