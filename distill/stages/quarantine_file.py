"""The quarantine of a stage: a row for each unit that goes no further, counted by reason."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

from distill.firewall.judging import UNDECIDED, without_marks
from distill.records.evidence import Provenance
from distill.records.quarantine import Quarantined
from distill.records.taxonomy import QuarantineReason, QuarantineUnit
from distill.stages.tally import Tally

#: In a row's line: its rule says that the gate could not judge. Within a text of the row the quotes
#: would be escaped.
_UNDECIDED: Final = f'"rule":"{UNDECIDED}"'.encode()


class QuarantineRows:
    """The rows of a part of the input: reason and line of each."""

    def __init__(self, stage: str) -> None:
        self.rows: list[tuple[str, str]] = []
        self._stage = stage

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
        """Take the row of one unit. Law: no credential or personal datum stands in its detail."""
        row = Quarantined(
            stage=self._stage,
            unit=unit,
            source=source,
            ids=tuple(ids),
            reason=reason,
            also=tuple(also),
            rule=rule,
            detail=without_marks(detail),
            origin=tuple(origin),
        )
        self.put(reason.value, row.to_line())

    def put(self, reason: str, line: bytes) -> None:
        """Take a row as its line."""
        self.rows.append((reason, line.decode()))

    def put_all(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take rows that were gathered elsewhere: reason and line of each."""
        for reason, line in rows:
            self.put(reason, line.encode())


class QuarantineFile(QuarantineRows):
    """The file of a whole stage: always there, written as the stage goes, counted by reason."""

    def __init__(self, path: Path, stage: str, tally: Tally) -> None:
        super().__init__(stage)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._tally = tally

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, reason: str, line: bytes) -> None:
        """Write a row as its line; count it under ``by_reason``, and ``by_undecided`` if so."""
        self._file.write(line)
        self._tally.group("by_reason", reason)
        if _UNDECIDED in line:
            self._tally.group("by_undecided", reason)
