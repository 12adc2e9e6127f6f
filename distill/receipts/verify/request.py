"""What is asked of a verification."""

from dataclasses import dataclass

from distill.receipts.verify.keys import PinnedKey
from distill.receipts.verify.rows import RowSchemas
from distill.receipts.verify.since import OldCheckpoint


@dataclass(frozen=True, kw_only=True)
class VerificationRequest:
    """What to look at, how deep, and what the auditor brought.

    ``targets`` name receipts, files and datasets; none: the whole workspace. ``is_deep`` adds
    SHA-256, record counts and record roots of all files, and holds every row of an output against
    the schema that ``rows`` knows for it; ``is_quick`` believes the stat cache. ``threads`` read
    side by side; null: as many as this process may run. ``since`` are the auditor's own copies of
    checkpoints, ``pinned`` public keys that were had by another way.
    """

    targets: tuple[str, ...] = ()
    is_deep: bool = False
    is_quick: bool = False
    rows: RowSchemas | None = None
    threads: int | None = None
    since: tuple[OldCheckpoint, ...] = ()
    pinned: tuple[PinnedKey, ...] = ()
