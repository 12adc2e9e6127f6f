"""What becomes of runs once all are known: what others say of them, and which they are like.

Any number of runs may be concerned, so it waits in a narrow table. A change is, by its kind:
``told`` where others have a say in a run's category (`ToldOfRun`), ``near`` the fields of
`NearDuplicates` where it is like another, ``floor`` its `split_floor`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from distill.records.taxonomy import Category
from distill.scoring.decide import inherit, opposite
from distill.stages.narrow import NarrowTables, chunked
from distill.stages.numbering import NumberedParts

#: What other runs say of one: null that they contradict it, or the categories that it takes.
ToldOfRun: TypeAlias = Sequence[tuple[str, str]] | None
Change: TypeAlias = dict[str, Any]

CHANGES_SCHEMA: Final = """
CREATE TABLE changes (source TEXT, line INTEGER, kind TEXT, value TEXT);
CREATE INDEX by_line ON changes (source, line);
CREATE TABLE told (seq INTEGER PRIMARY KEY, category TEXT);
"""
_TAKE_TOLD: Final = (
    "UPDATE runs SET category = (SELECT category FROM told WHERE told.seq = runs.seq)"
    " WHERE seq IN (SELECT seq FROM told)"
)


def add_change(tables: NarrowTables, source: str, line: int, kind: str, value: object) -> None:
    """Take a change of a line of a source."""
    tables.add("changes", (source, line, kind, json.dumps(value)))


@dataclass(frozen=True)
class PartChanges:
    """The changes of a source by its parts; ``numbers`` are those of the parts that have some."""

    tables: NarrowTables
    source: str
    parts: NumberedParts[Any]
    numbers: Mapping[int, None]

    @classmethod
    def of(cls, tables: NarrowTables, source: str, parts: NumberedParts[Any]) -> "PartChanges":
        """Return the changes of a source when all are there."""
        query = "SELECT line FROM changes WHERE source = ? ORDER BY line"
        lines = (line for (line,) in tables.rows(query, (source,)))
        return cls(tables, source, parts, dict.fromkeys(map(parts.part_of, lines)))

    def in_part(self, number: int) -> dict[int, Change]:
        """Return the changes of a part by the numbers of its lines, in order."""
        found: dict[int, Change] = {}
        if number not in self.numbers:
            return found
        begins = [*self.parts.begins[number : number + 2], self.parts.lines]
        rows = self.tables.rows(
            "SELECT line, kind, value FROM changes WHERE source = ? AND line >= ? AND line < ?"
            " ORDER BY line, kind",
            (self.source, *begins[:2]),
        )
        for line, kind, value in rows:
            found.setdefault(line - begins[0], {})[kind] = json.loads(value)
        return found


def find_told(tables: NarrowTables) -> None:
    """Find the runs in whose category others have a say, which is that of ``runs`` after."""
    _find_contradictions(tables)
    tables.run(_TAKE_TOLD)
    tables.run("DELETE FROM told")
    _find_inheritances(tables)
    tables.run(_TAKE_TOLD)


def _find_contradictions(tables: NarrowTables) -> None:
    """Find the lines whose output has opposite verdicts within its task (change: null).

    A run that a human decided keeps that decision, unless humans contradict each other: a review is
    the way out of a contradiction.
    """
    rows = tables.rows(
        "SELECT task || output AS both, category, by_human, source, line, seq FROM runs"
        " WHERE class = 'verdict_bearing' AND output IS NOT NULL AND (task, output) IN"
        " (SELECT task, output FROM runs WHERE class = 'verdict_bearing' AND output IS NOT NULL"
        "  GROUP BY task, output HAVING COUNT(DISTINCT category) > 1)"
        " ORDER BY both, seq"
    )
    for _, group in chunked(rows):
        if not opposite({Category(row[1]) for row in group}):
            continue
        humans_agree = not opposite({Category(row[1]) for row in group if row[2]})
        for _, _, by_human, source, line, seq in group:
            if not (by_human and humans_agree):
                add_change(tables, source, line, "told", None)
                tables.add("told", (seq, Category.NEEDS_HUMAN_REVIEW.value))


def _find_inheritances(tables: NarrowTables) -> None:
    """Find the extraction-class lines with the categories of their parents by subject."""
    tables.run("CREATE INDEX parents ON runs (class, subject)")
    rows = tables.rows(
        "SELECT child.seq, child.source, child.line, parent.run_id, parent.category"
        " FROM runs AS child JOIN runs AS parent ON parent.subject = child.subject"
        " AND parent.class = 'verdict_bearing'"
        " WHERE child.class = 'extraction' ORDER BY child.seq, parent.run_id"
    )
    for seq, group in chunked(rows):
        _, source, line, *_ = group[0]
        parents = [(run_id, Category(category)) for *_, run_id, category in group]
        add_change(tables, source, line, "told", parents)
        tables.add("told", (seq, inherit(parents).category.value))
