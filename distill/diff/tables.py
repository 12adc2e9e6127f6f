"""The narrow tables of a comparison: units of both sides, and what differs between them.

Keys, labels and digests of parts only. The lines themselves are read by position, when asked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from distill.diff.change_tables import CHANGES_SCHEMA
from distill.diff.changes import Change, Spot, State, split_runs
from distill.diff.units import SEPARATOR, Place, Reader, Unit
from distill.stages.lines import RandomReader, read_lines
from distill.stages.narrow import NarrowTables, Row

_SCHEMA: Final = """
CREATE TABLE units (
    side INTEGER, place TEXT, key TEXT, n INTEGER, source TEXT, label TEXT, runs TEXT,
    text BLOB, decision BLOB, rest BLOB, origin BLOB, spot BLOB,
    file INTEGER, start INTEGER, end INTEGER
);
CREATE TABLE raws (side INTEGER, raw TEXT);
CREATE TABLE members (pair INTEGER, run TEXT, name TEXT);
CREATE INDEX members_by_run ON members (pair, run, name);
"""
_INDEXES: Final = {
    "units_by_key": "units (side, place, key, n)",
    "units_by_runs": "units (side, place, runs)",
    "raws_by_raw": "raws (side, raw)",
}
_NUMBER: Final = """
UPDATE units SET n = numbered.n FROM (
    SELECT rowid AS row, ROW_NUMBER() OVER (PARTITION BY side, place, key ORDER BY rowid) AS n
    FROM units WHERE place <> 'rows'
) AS numbered WHERE units.rowid = numbered.row AND numbered.n > 1
"""
_TOGETHER: Final = "b.side = 1 AND b.place = a.place AND b.key = a.key AND b.n = a.n"
_SAME: Final = (
    "(a.label = b.label AND a.text = b.text AND a.decision = b.decision AND a.rest = b.rest"
    " AND a.origin = b.origin)"
)
_COLUMNS: Final = "place, key, source, label, runs, text, decision, rest, origin, file, start, end"


class UnitTables:
    """Units of two versions of one stage's outputs, and the changes of all pairs so far."""

    def __init__(self) -> None:
        self.narrow = NarrowTables(_SCHEMA + CHANGES_SCHEMA)
        self.reader = RandomReader()
        self._files: list[Path] = []

    def close(self) -> None:
        """Let go of the tables and of the files that are open."""
        self.narrow.__exit__()
        self.reader.close()

    def clear(self) -> None:
        """Forget the units of the pair before; its changes stay.

        The indexes go too: rows are written several times faster without them.
        """
        for name in _INDEXES:
            self.narrow.run(f"DROP INDEX IF EXISTS {name}")
        self.narrow.run("DELETE FROM units")
        self.narrow.run("DELETE FROM raws")

    def load(self, pair: int, side: int, path: Path, read: Reader) -> None:
        """Add the units of one file."""
        number = len(self._files)
        self._files.append(path)
        for start, line in read_lines(path):
            unit = read(orjson.loads(line))
            self.narrow.add("units", _unit_row(side, unit, Spot(number, start, start + len(line))))
            for raw in unit.raws:
                self.narrow.add("raws", (side, raw))
            for name in unit.groups:
                self.narrow.add("members", (pair, unit.key, name))

    def settle(self) -> None:
        """Index what was loaded; rows of one key are told apart by their order."""
        self.narrow.run(_NUMBER)
        for name, columns in _INDEXES.items():
            self.narrow.run(f"CREATE INDEX {name} ON {columns}")

    def same(self) -> Iterator[tuple[Place, bool, int]]:
        """Yield how many rows say the same on both sides, by place, and whether they moved."""
        yield from self.narrow.rows(
            "SELECT a.place, a.spot <> b.spot, COUNT(*) FROM units AS a JOIN units AS b"  # noqa: S608 - our own text
            f" ON {_TOGETHER} WHERE a.side = 0 AND {_SAME} GROUP BY 1, 2"
        )

    def changes(self, name: str) -> Iterator[Change]:
        """Yield every change between the two sides, in the order of the files."""
        for row in self.narrow.rows(
            f"SELECT {_named('a')}, {_named('b')} FROM units AS a JOIN units AS b ON {_TOGETHER}"  # noqa: S608 - our own text
            f" WHERE a.side = 0 AND NOT {_SAME} ORDER BY b.file, b.start"
        ):
            yield _changed(name, row)
        for side, kind in ((1, "added"), (0, "removed")):
            for row in self.narrow.rows(
                f"SELECT {_named('a')} FROM units AS a WHERE a.side = {side} AND NOT EXISTS"  # noqa: S608 - our own text
                f" (SELECT 1 FROM units AS b WHERE b.side = {1 - side} AND b.place = a.place"
                " AND b.key = a.key AND b.n = a.n) ORDER BY a.file, a.start"
            ):
                yield self._one_sided(name, row, is_added=kind == "added")

    def _one_sided(self, name: str, row: Row, *, is_added: bool) -> Change:
        place, key, source, label, runs, *_, file, start, end = row
        here, spot = State(place, label), Spot(file, start, end)
        there = self._elsewhere(0 if is_added else 1, place, key)
        return Change(
            set=name,
            place=place,
            change="added" if is_added else "removed",
            what=(),
            key=key,
            source=source,
            runs=split_runs(runs),
            before=there if is_added else here,
            after=here if is_added else there,
            a=None if is_added else spot,
            b=spot if is_added else None,
        )

    def _elsewhere(self, side: int, place: Place, key: str) -> State | None:
        """Return what the other place of a side says of the same unit: a refused run has no row."""
        other = {"rows": "quarantine", "quarantine": "rows"}.get(place)
        found = self.narrow.rows(
            "SELECT label FROM units WHERE side = ? AND place = ? AND key = ?", (side, other, key)
        )
        first = next(found, None)
        if first is None:
            return None
        return State("quarantine" if place == "rows" else "rows", first[0])

    def knows_raw(self, side: int, raw: str) -> bool:
        """Say whether a side's evidence or quarantine has a raw record of these bytes."""
        query = "SELECT 1 FROM raws WHERE side = ? AND raw = ? LIMIT 1"
        return next(self.narrow.rows(query, (side, raw)), None) is not None

    def refused_as(self, side: int, runs: Iterable[str], reason: str) -> bool:
        """Say whether a side's quarantine holds these runs with this reason."""
        query = (
            "SELECT 1 FROM units WHERE side = ? AND place = 'quarantine' AND runs = ? AND label = ?"
        )
        found = self.narrow.rows(query, (side, SEPARATOR.join(runs), reason))
        return next(found, None) is not None

    def read(self, spot: Spot) -> Mapping[str, Any]:
        """Return the row that stands at a spot."""
        line = self.reader.read(self._files[spot.file], spot.start, spot.end)
        row: Mapping[str, Any] = orjson.loads(line)
        return row


def _named(side: str) -> str:
    return ", ".join(f"{side}.{column}" for column in _COLUMNS.split(", "))


def _unit_row(side: int, unit: Unit, spot: Spot) -> Row:
    keys = (side, unit.place, unit.key, 1, unit.source, unit.label, SEPARATOR.join(unit.runs))
    parts = (unit.text, unit.decision, unit.rest, unit.origin, unit.spot)
    return (*keys, *parts, spot.file, spot.start, spot.end)


_PARTS: Final = ("text", "decision", "rest", "origin")


def _changed(name: str, row: Row) -> Change:
    half = len(row) // 2
    one, other = row[:half], row[half:]
    place, key = other[0], other[1]
    what = [part for part, x, y in zip(_PARTS, one[5:9], other[5:9], strict=True) if x != y]
    if one[3] != other[3]:
        what.insert(0, {"rows": "category", "quarantine": "reason"}.get(place, "state"))
    return Change(
        set=name,
        place=place,
        change="changed",
        what=tuple(what),
        key=key,
        source=other[2],
        runs=split_runs(other[4]),
        before=State(place, one[3]),
        after=State(place, other[3]),
        a=Spot(*one[-3:]),
        b=Spot(*other[-3:]),
    )
