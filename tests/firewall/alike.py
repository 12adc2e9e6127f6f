"""What the search for near-duplicates makes of some runs, without a workspace."""

from collections.abc import Sequence
from typing import Any

from distill.firewall.settings import NearDuplicateSettings
from distill.records.evidence import EvidenceRecord
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import NearDuplicateSearch
from distill.stages.near_texts import FacetFiles
from distill.stages.other_runs import OTHERS_SCHEMA
from distill.stages.run_rows import FacetRows, RunRow
from distill.stages.similarities import Similarities
from tests.exports.builders import Run


class SomeRuns:
    """Runs that are searched, without a workspace."""

    def __init__(self, records: Sequence[EvidenceRecord]) -> None:
        self.records = records
        self.number = len(records)
        self.facets = FacetFiles()
        rows = FacetRows()
        for number, record in enumerate(records):
            rows.add(number, record)
        self.facets.add(0, rows.columns())

    def record(self, seq: int) -> EvidenceRecord:
        """Return a run's evidence."""
        return self.records[seq]


def found_among(
    runs: Sequence[Run], settings: NearDuplicateSettings | None = None
) -> dict[str, dict[str, Any]]:
    """Return what is told of each run that is like another, by its id."""
    some = SomeRuns([record for _, record in runs])
    with NarrowTables(OTHERS_SCHEMA) as tables, some.facets:
        search = NearDuplicateSearch(
            tables, some, settings or NearDuplicateSettings(), Similarities()
        )
        for seq in search.alike().tolist():
            run, record = runs[seq]
            row = RunRow.of(record, run)
            tables.add("runs", (seq, "s", seq, *row[:7]))
            tables.add("ranks", (seq, *row.rank))
        return {runs[line][1].run_id: found for _, line, found in search.found()}
