"""The quarantine file of a stage: written as the stage goes, always there, counted by reason."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from distill.records.evidence import Provenance
from distill.records.quarantine import Quarantined
from distill.records.taxonomy import QuarantineReason, QuarantineUnit
from distill.stages.tally import Tally


class QuarantineFile:
    """Writes one row a quarantined unit and counts it under ``by_reason``."""

    def __init__(self, path: Path, stage: str, tally: Tally) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._stage = stage
        self._tally = tally

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(
        self,
        unit: QuarantineUnit,
        source: str,
        *,
        reason: QuarantineReason,
        rule: str,
        detail: str,
        ids: Sequence[str] = (),
        also: Sequence[QuarantineReason] = (),
        origin: Sequence[Provenance] = (),
    ) -> None:
        """Write the row of one unit."""
        row = Quarantined(
            stage=self._stage,
            unit=unit,
            source=source,
            ids=tuple(ids),
            reason=reason,
            also=tuple(also),
            rule=rule,
            detail=detail,
            origin=tuple(origin),
        )
        self.copy(reason.value, row.to_line())

    def copy(self, reason: str, line: bytes) -> None:
        """Write a row that was made elsewhere."""
        self._file.write(line)
        self._tally.group("by_reason", reason)
