"""What runs are told by others: found among those that it may concern, which few are.

All runs are looked at as columns. Those whose category others may have a say in, and those that are
like others, come into the narrow tables with their rows.
"""

from dataclasses import dataclass
from typing import Any, Final

from distill.firewall.settings import NearDuplicateSettings
from distill.stages.decided_runs import DecidedRuns, PlacedRun, concerned
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import NEAR_SCHEMA, NearDuplicateSearch
from distill.stages.run_changes import CHANGES_SCHEMA, add_change, find_told

OTHERS_SCHEMA: Final = (
    """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, source TEXT, line INTEGER, run_id TEXT, class TEXT, task TEXT,
    output TEXT, subject TEXT, category TEXT, by_human INTEGER
);
"""
    + NEAR_SCHEMA
    + CHANGES_SCHEMA
)
#: Of a row: run id to `by_human`.
_COLUMNS: Final = 7


@dataclass
class OtherRuns:
    """Finds what becomes of runs because of others, and puts it into the table of changes."""

    tables: NarrowTables
    runs: DecidedRuns
    _there: Any = ()  # the numbers of those that are in the tables

    def find_told(self) -> None:
        """Find the runs in whose category others have a say."""
        self._there = concerned(self.runs.keys())
        for one in self.runs.rows(self._there):
            self._put(one)
        find_told(self.tables)

    def find_alike(
        self, settings: NearDuplicateSettings, known: bytes, *, has_splits: bool
    ) -> bytes:
        """Find the runs that are like others, and their floors, after `find_told`.

        ``known`` are remembered similarities; those that the next run needs are returned.
        """
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        from distill.stages.similarities import Similarities  # noqa: PLC0415 - brings numpy

        similarities = Similarities(known)
        search = NearDuplicateSearch(self.tables, self.runs, settings, similarities)
        alike = search.alike()
        is_there = np.isin(alike, self._there, assume_unique=True)
        for one, is_known in zip(self.runs.rows(alike), is_there, strict=True):
            self.tables.add("ranks", (one.seq, *one.row.rank))
            if not is_known:
                self._put(one)
        for source, line, found in search.found():
            add_change(self.tables, source, line, "near", found)
        if has_splits:
            for seq, floor in search.floors(self.runs.keys()["position"]):
                add_change(self.tables, *self.runs.place(seq), "floor", floor)
        return similarities.content()

    def _put(self, one: PlacedRun) -> None:
        self.tables.add("runs", (one.seq, one.source, one.line, *one.row[:_COLUMNS]))
