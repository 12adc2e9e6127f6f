"""Which rows came and went between two releases of a set, counted by source.

The rows are streamed; what is kept of each is its id, its source and a digest, in a narrow table
that spills to disk.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from distill.receipts.digest import digest_bytes
from distill.release.figures import SETS
from distill.stages.lines import read_lines
from distill.stages.narrow import NarrowTables
from distill.workspace.places import EXPORTS_DIR

_SCHEMA: Final = """
CREATE TABLE before (id TEXT, source TEXT, digest BLOB);
CREATE TABLE now (id TEXT, source TEXT, digest BLOB);
"""
_COUNTS: Final = """
SELECT source, SUM(added), SUM(removed), SUM(changed) FROM (
    SELECT source, 1 AS added, 0 AS removed, 0 AS changed FROM now
        WHERE id NOT IN (SELECT id FROM before)
    UNION ALL
    SELECT source, 0, 1, 0 FROM before WHERE id NOT IN (SELECT id FROM now)
    UNION ALL
    SELECT now.source, 0, 0, 1 FROM now JOIN before USING (id) WHERE now.digest <> before.digest
) GROUP BY source
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows of one source in one set: new ids, ids that are gone, ids whose row reads otherwise."""

    added: int
    removed: int
    changed: int


def rows_moved(before: Path, now: Path, set_name: str) -> dict[str, Moved]:
    """Return what moved in one set between two folders that hold ``exports/``, by source.

    A source of which nothing moved is left out.
    """
    with NarrowTables(_SCHEMA) as tables:
        for table, root in (("before", before), ("now", now)):
            for row in _rows(_shards(root, set_name)):
                tables.add(table, row)
        tables.run("CREATE INDEX before_by_id ON before (id)")
        tables.run("CREATE INDEX now_by_id ON now (id)")
        return {source: Moved(*counts) for source, *counts in tables.rows(_COUNTS)}


def _shards(root: Path, set_name: str) -> list[Path]:
    return sorted((root / EXPORTS_DIR / set_name).glob("*.jsonl"))


def _rows(shards: Iterable[Path]) -> Iterator[tuple[str, str, bytes]]:
    for shard in shards:
        for _, line in read_lines(shard):
            row = orjson.loads(line)
            yield row["id"], _source(row), bytes.fromhex(digest_bytes(line).hex)


def _source(row: Mapping[str, Any]) -> str:
    """Return the source of a row: of its chosen run where it is a pair, as the receipts count."""
    provenance = row["provenance"]
    sides = provenance["chosen"] if isinstance(provenance, dict) else provenance
    return str(sides[0]["source"])


def all_moved(before: Path, now: Path) -> dict[str, dict[str, Moved]]:
    """Return `rows_moved` of every set."""
    return {set_name: rows_moved(before, now, set_name) for set_name in SETS}
