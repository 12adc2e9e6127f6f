"""What the search for near-duplicates makes of some runs, without a workspace."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distill.firewall.settings import NearDuplicateSettings
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import (
    NEAR_SCHEMA,
    NearDuplicateSearch,
    add_near_row,
    near_row,
)
from distill.stages.near_texts import FacetFiles
from distill.stages.similarities import Similarities
from tests.exports.builders import Run

_RUNS = "CREATE TABLE runs (seq INTEGER PRIMARY KEY, source, line, run_id, category);"


def found_among(
    runs: Sequence[Run], settings: NearDuplicateSettings | None = None
) -> dict[str, dict[str, Any]]:
    """Return what is told of each run that is like another, by its id."""
    with (
        tempfile.TemporaryDirectory() as folder,
        NarrowTables(_RUNS + NEAR_SCHEMA) as tables,
        FacetFiles() as facets,
    ):
        evidence = Path(folder) / "evidence.jsonl"
        end, lines = 0, []
        for seq, (run, record) in enumerate(runs):
            lines.append(record.to_line())
            start, end = end, end + len(lines[-1])
            origin = 9 if run.decided_by is None else run.decided_by.origin.rank
            tables.add("runs", (seq, "s", seq, record.run_id, run.category.value))
            add_near_row(tables, facets, seq, 0, near_row(record, origin, start, end))
        evidence.write_bytes(b"".join(lines))
        search = NearDuplicateSearch(
            tables, facets, [evidence], settings or NearDuplicateSettings(), Similarities()
        )
        return {runs[line][1].run_id: found for _, line, found in search.found()}
