"""Whether a row was touched by what is recalled, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from distill.records.mentions import parent_ids, run_ids, sides, source_of, verdict_files
from distill.records.withdrawal import WithdrawalKind
from distill.stages.narrow import NarrowTables

Row = Mapping[str, Any]


RUNS_TABLE: Final = "CREATE TABLE runs (run TEXT PRIMARY KEY, relation TEXT) WITHOUT ROWID;"


@dataclass(frozen=True)
class Target:
    """What is recalled. `files` are the recorded paths that belong to it, none for a run."""

    kind: WithdrawalKind
    name: str
    files: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


class Relation(StrEnum):
    """How a row was touched.

    `own`: it is made of it. `shared`: it is made of it, and the run stands at another place too.
    `verdict`: a verdict on it came from there. `parent`: it took its category from there.
    Only the first two hold a text of what is recalled.
    """

    OWN = "own"
    SHARED = "shared"
    VERDICT = "verdict"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs that are touched, in a narrow table: what a scored row has no place for."""

    tables: NarrowTables

    def add(self, run_id: str, relation: Relation) -> None:
        """Note a run as the newest evidence has it."""
        self.tables.run("INSERT OR REPLACE INTO runs VALUES (?, ?)", (run_id, relation.value))

    def relation(self, run_id: str) -> Relation | None:
        """Return how a run is touched, null where it is not."""
        found = self.tables.rows("SELECT relation FROM runs WHERE run = ?", (run_id,))
        first = next(found, None)
        return None if first is None else Relation(first[0])


class Matcher:
    """Asks rows whether they were touched; evidence must be asked before what was made from it."""

    def __init__(self, target: Target, runs: Runs) -> None:
        self._target = target
        self._runs = runs
        is_run = target.kind is WithdrawalKind.RUN
        self._needle = orjson.dumps(target.name)[1:-1] if is_run else b""
        if is_run:
            runs.add(target.name, Relation.OWN)

    def touched(self, line: bytes) -> tuple[Row, Relation] | None:
        """Return a line's row with its relation, null where it was not touched."""
        if self._needle not in line:
            return None
        row = orjson.loads(line)
        if not isinstance(row, dict):
            return None
        relation = self._by_place(row) or self._by_run(row)
        if relation is None:
            return None
        if relation in {Relation.OWN, Relation.SHARED, Relation.VERDICT} and "provenance" in row:
            run_id = row.get("run_id")
            if isinstance(run_id, str):
                self._runs.add(run_id, relation)
        return row, relation

    def _by_place(self, row: Row) -> Relation | None:
        if self._target.kind is WithdrawalKind.RUN:
            return None
        found = [[self._is_there(place) for place in side] for side in sides(row)]
        if any(side and all(side) for side in found):
            return Relation.OWN
        if any(any(side) for side in found):
            return Relation.SHARED
        if not any(found) and self._is_source(source_of(row)):
            return Relation.OWN
        if self._target.files & set(verdict_files(row)):
            return Relation.VERDICT
        return None

    def _by_run(self, row: Row) -> Relation | None:
        relations = [self._runs.relation(run_id) for run_id in run_ids(row)]
        known = [relation for relation in relations if relation is not None]
        if known:
            return min(known, key=list(Relation).index)
        touched = [self._runs.relation(run_id) for run_id in parent_ids(row)]
        return Relation.PARENT if any(touched) else None

    def _is_there(self, place: Row) -> bool:
        if self._target.kind is WithdrawalKind.SOURCE:
            return bool(place.get("source") == self._target.name)
        return bool(place.get("path") == self._target.name)

    def _is_source(self, source: str | None) -> bool:
        return self._target.kind is WithdrawalKind.SOURCE and source == self._target.name
