"""Whether a file's rows hold what is withdrawn: run ids, files and sources of all withdrawals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from distill.records.mentions import places, run_ids, source_of, verdict_files
from distill.records.quarantine import QUARANTINE_FORMAT
from distill.records.withdrawal import Withdrawals
from distill.stages.lines import read_lines

Row = Mapping[str, Any]


class HoldingRows:
    """Asks files whether any of their rows holds what is withdrawn.

    Refusals don't count: they hold pointers and digests, and say what became of a withdrawn run.
    """

    def __init__(self, withdrawals: Withdrawals) -> None:
        self._runs = withdrawals.runs
        self._files = withdrawals.files
        self._sources = withdrawals.sources

    def in_file(self, path: Path) -> bool:
        """Say whether a file holds such a row; what is no JSON line is no row."""
        for _, line in read_lines(path):
            if not line.startswith(b"{"):
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if row.get("format") != QUARANTINE_FORMAT and self._in_row(row):
                return True
        return False

    def _in_row(self, row: Row) -> bool:
        if not self._runs.isdisjoint(run_ids(row)) or source_of(row) in self._sources:
            return True
        if not self._files.isdisjoint(verdict_files(row)):
            return True
        return any(
            place.get("path") in self._files or place.get("source") in self._sources
            for place in places(row)
        )
