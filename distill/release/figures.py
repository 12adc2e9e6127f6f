"""What the current receipts say of the sets: rows, what was quarantined, reasons, by source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from distill.receipts.receipt import Receipt
from distill.receipts.refs import age
from distill.receipts.report import Counts

#: The sets, and the stage that makes each.
SETS: Final[Mapping[str, str]] = {
    "rag": "export_rag",
    "sft": "export_sft",
    "preference": "export_preference",
}
EVIDENCE: Final = "build_evidence_index"
SCORING: Final = "score_runs"


@dataclass(frozen=True)
class Figures:
    """The newest of the current receipts of each stage, by the stage's name."""

    receipts: Mapping[str, Receipt]

    @classmethod
    def of(cls, receipts: Iterable[Receipt]) -> Self:
        """Return the figures of the current receipts of a workspace or a release."""
        return cls({receipt.claim.stage: receipt for receipt in sorted(receipts, key=age)})

    def total(self, stage: str, name: str) -> int:
        """Return a total of a stage, 0 where it has none."""
        return self.group(stage, "total").get(name, 0)

    def group(self, stage: str, group: str) -> dict[str, int]:
        """Return a group of counts of a stage, such as ``by_reason``; empty where it has none."""
        return _numbers(self._counts(stage).get(group))

    def rows(self, set_name: str) -> int:
        """Return how many rows a set has."""
        return self.total(SETS[set_name], "exported")

    def all_rows(self) -> dict[str, int]:
        """Return how many rows each set has."""
        return {name: self.rows(name) for name in SETS}

    def rows_by_source(self, set_name: str) -> dict[str, int]:
        """Return how many rows of a set are of each source; a pair is of its chosen run's."""
        by_source = self._counts(SETS[set_name]).get("by_source")
        if not isinstance(by_source, Mapping):
            return {}
        return {name: _numbers(counts).get("exported", 0) for name, counts in by_source.items()}

    def quarantined(self, name: str) -> tuple[int, int]:
        """Return what a set's stage (or ``evidence``) quarantined, and what it looked at."""
        if name == "evidence":
            unread = self.total(EVIDENCE, "records_quarantined")
            refused = unread + self.total(EVIDENCE, "runs_quarantined")
            return refused, unread + self.total(EVIDENCE, "runs_declared")
        looked_at = "examined" if name == "preference" else "scored"
        stage = SETS[name]
        return self.total(stage, "quarantined"), self.total(stage, looked_at)

    def _counts(self, stage: str) -> Counts:
        receipt = self.receipts.get(stage)
        return {} if receipt is None else receipt.claim.counts


def _numbers(counts: object) -> dict[str, int]:
    if not isinstance(counts, Mapping):
        return {}
    return {name: number for name, number in counts.items() if isinstance(number, int)}
