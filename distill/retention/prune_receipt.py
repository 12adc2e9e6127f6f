"""The stage `prune`: a receipt that names every file deleted, and why it was free to go."""

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from distill.receipts import OutFile, Report, with_receipt
from distill.receipts.canonical import Json, dumps

STAGE: Final = "prune"


class Why(StrEnum):
    """Why a file was free to go.

    `outside_window`: a replaced version that no release and no receipt in the kept window needs.
    `unnamed`: bytes set aside that no receipt names, older than the window. `withdrawn`: a replaced
    version that holds what is withdrawn. `derived`: a sidecar of a file that is gone,
    or what was remembered of code and stages that no current receipt names. `left_over`: a
    temporary or damaged file that a crash left, older than the window.
    """

    OUTSIDE_WINDOW = "outside_window"
    UNNAMED = "unnamed"
    WITHDRAWN = "withdrawn"
    DERIVED = "derived"
    LEFT_OVER = "left_over"


@dataclass(frozen=True, slots=True)
class Freed:
    """One file that is deleted. `path` is below the workspace, `blake3` that of its bytes.

    `was` is the place of the output that it was a version of, `receipt` the newest receipt that
    names it; both are null where none does.
    """

    path: str
    blake3: str
    bytes: int
    why: Why
    was: str | None = None
    receipt: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the file as a JSON object."""
        return {**asdict(self), "why": self.why.value}


@dataclass(frozen=True, slots=True)
class Window:
    """What was kept: see `distill.workspace.retention`; `since` is the moment that it begins at."""

    keep_days: int
    keep_runs: int
    since: str
    withdrawn: bool


@with_receipt(stage=STAGE, version=1)
def record_pruning(*, freed: tuple[Freed, ...], window: Window, pruned: OutFile) -> Report:
    """Write the list of what is deleted as soon as this receipt stands; the claim holds it too."""
    pruned.write_bytes(b"".join(dumps(one.as_json()) + b"\n" for one in freed))
    return Report(
        counts={
            "total": {"files": len(freed), "bytes": sum(one.bytes for one in freed)},
            "by_why": dict(sorted(Counter(one.why.value for one in freed).items())),
        },
        notes={"since": window.since},
    )
