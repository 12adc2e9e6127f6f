"""What a recall tells: the rows, the receipts and the releases that its target touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.receipts.receipt import Receipt
from distill.retention.matching import Relation


@dataclass(frozen=True, slots=True)
class TouchedRow:
    """One row of a set, in all the versions that hold it.

    `sample` is its own id, null where rows have none. `is_current`: it stands in place now.
    `versions` are numbers in the history.
    """

    set: str
    runs: tuple[str, ...]
    sample: str | None
    relation: Relation
    source: str
    is_current: bool
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TouchedReceipt:
    """A receipt whose stage read what is recalled, or wrote rows of it; `rows` by set."""

    receipt: Receipt
    is_current: bool
    has_read: bool
    rows: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the receipt as a JSON object."""
        return {
            "receipt": self.receipt.digest.hex,
            "stage": self.receipt.claim.stage,
            "ended_at": self.receipt.run.ended_at,
            "current": self.is_current,
            "has_read": self.has_read,
            "rows": dict(self.rows),
        }


@dataclass(frozen=True, slots=True)
class TouchedRelease:
    """A release that holds rows of what is recalled, or a raw log of it; `rows` by set."""

    name: str
    folder: Path
    rows: Mapping[str, int]
    logs: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the release as a JSON object."""
        return {"name": self.name, "rows": dict(self.rows), "logs": list(self.logs)}
