"""Narrow tables: keys and positions of all records, never their texts, on disk while a stage runs.

SQLite, because it is in every Python, spills to disk and answers point look-ups; see
docs/decisions. A table lives in a stage's temporary folder and is gone with the stage.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Self

_BATCH: Final = 5000

Row = tuple[Any, ...]


class NarrowTables:
    """A private SQLite database with no journal: lost with the process, which is what it is for."""

    def __init__(self, schema: str) -> None:
        # An empty name is SQLite's private database: in memory, spilled to disk as it grows.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA cache_size = -16384")
        self._connection.executescript(schema)
        self._connection.execute("BEGIN")
        self._waiting: dict[str, list[Row]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def add(self, table: str, row: Row) -> None:
        """Append a row; rows are written in batches, and before any query."""
        waiting = self._waiting.setdefault(table, [])
        waiting.append(row)
        if len(waiting) >= _BATCH:
            self._flush(table)

    def add_all(self, table: str, rows: Iterable[Row]) -> None:
        """Append rows, as `add` does."""
        waiting = self._waiting.setdefault(table, [])
        waiting += rows
        if len(waiting) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._waiting.pop(table, [])
        if rows:
            marks = ",".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - table names are ours

    def _flush_all(self) -> None:
        for table in list(self._waiting):
            self._flush(table)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a query; the order is the query's own ORDER BY."""
        self._flush_all()
        return iter(self._connection.execute(query, parameters))

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that gives no rows."""
        self._flush_all()
        self._connection.execute(statement, parameters)

    def number(self, query: str, parameters: Sequence[Any] = ()) -> int:
        """Return the single number that a query gives, 0 for null."""
        return int(next(self.rows(query, parameters))[0] or 0)


def chunked(rows: Iterable[Row], *, by: int = 0) -> Iterator[tuple[Any, list[Row]]]:
    """Yield groups of neighbouring rows that share the value in column `by`."""
    for value, group in groupby(rows, key=itemgetter(by)):
        yield value, list(group)
