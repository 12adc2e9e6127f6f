"""The changes of all pairs, in narrow tables: written once, judged, counted and asked for later."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from distill.diff.changes import Cause, Change, Reasoned, Spot, State, split_runs
from distill.diff.units import SEPARATOR, Place
from distill.stages.narrow import NarrowTables, Row

CHANGES_SCHEMA: Final = """
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY, pair INTEGER, place TEXT, key TEXT, change TEXT, what TEXT,
    source TEXT, runs TEXT, before_place TEXT, before_label TEXT, after_place TEXT,
    after_label TEXT, a_file INTEGER, a_start INTEGER, a_end INTEGER,
    b_file INTEGER, b_start INTEGER, b_end INTEGER, cause TEXT, why TEXT
);
CREATE INDEX changes_by_key ON changes (pair, key);
CREATE TABLE moved_groups (pair INTEGER, name TEXT, run TEXT);
CREATE INDEX groups_by_name ON moved_groups (pair, name);
"""
_BATCH: Final = 2000

Judge = Callable[[Change], Reasoned]


@dataclass(frozen=True, slots=True)
class Before:
    """A change of the same run in an earlier stage, with its cause."""

    change: str
    what: tuple[str, ...]
    cause: Cause
    why: str

    @property
    def told(self) -> Reasoned:
        """Cause and sentence, as they pass on to what was made from it."""
        return self.cause, self.why

    @property
    def is_more_than_origin(self) -> bool:
        """Whether anything that a later stage reads differs."""
        return self.change != "changed" or set(self.what) != {"origin"}


class ChangeTables:
    """The changes of every pair compared so far, by the pair's number."""

    def __init__(self, narrow: NarrowTables) -> None:
        self._narrow = narrow
        self._written = 0

    def record(self, pair: int, changes: Iterable[Change]) -> None:
        """Write changes that have no cause yet."""
        for change in changes:
            self._written += 1
            self._narrow.add("changes", (self._written, pair, *_columns(change), None, None))

    def record_groups(self, pair: int) -> None:
        """Write down the groups, on either side, of every run of the pair that changed."""
        self._narrow.run(
            "INSERT INTO moved_groups SELECT DISTINCT pair, name, run FROM members"
            " WHERE pair = ?1 AND run IN (SELECT key FROM changes WHERE pair = ?1)",
            (pair,),
        )

    def judge(self, pair: int, name: str, judge: Judge) -> None:
        """Put every change of a pair down to its cause."""
        for batch in self._batches(pair):
            for seq, *columns, _, _ in batch:
                cause, why = judge(_change(name, columns))
                self._narrow.run(
                    "UPDATE changes SET cause = ?, why = ? WHERE seq = ?", (cause.value, why, seq)
                )

    def told(self, pair: int, name: str, kind: str | None) -> Iterator[tuple[Change, Reasoned]]:
        """Yield the changes of a pair with their causes, of one kind or of all."""
        for batch in self._batches(pair):
            for _, *columns, cause, why in batch:
                change = _change(name, columns)
                if kind in {None, change.change}:
                    yield change, (Cause(cause), why)

    def numbers(self, pair: int, *columns: str) -> Iterator[Row]:
        """Yield the number of a pair's changes for each combination of these columns."""
        names = ", ".join(columns)
        return self._narrow.rows(
            f"SELECT {names}, COUNT(*) FROM changes WHERE pair = ?"  # noqa: S608 - names are ours
            f" GROUP BY {names} ORDER BY {names}",
            (pair,),
        )

    def of_run(self, pair: int | None, run: str) -> Before | None:
        """Return the change of a run's row in a pair, null where there is none."""
        query = (
            "SELECT change, what, cause, why FROM changes"
            " WHERE pair = ? AND key = ? AND place = 'rows'"
        )
        for change, what, cause, why in self._narrow.rows(query, (pair, run)):
            return Before(change, tuple(what.split()), Cause(cause or Cause.UNKNOWN), why or "")
        return None

    def neighbours(self, pair: int | None, names: Sequence[str]) -> Iterator[str]:
        """Yield the runs that changed in a pair and are in one of these groups."""
        query = "SELECT DISTINCT run FROM moved_groups WHERE pair = ? AND name = ? ORDER BY run"
        for name in names:
            for (run,) in self._narrow.rows(query, (pair, name)):
                yield run

    def groups(self, pair: int | None, run: str) -> list[str]:
        """Return the groups that a run is in, on either side of a pair of scored runs."""
        query = "SELECT DISTINCT name FROM members WHERE pair = ? AND run = ? ORDER BY name"
        return [name for (name,) in self._narrow.rows(query, (pair, run))]

    def _batches(self, pair: int) -> Iterator[list[Row]]:
        last = 0
        query = f"SELECT * FROM changes WHERE pair = ? AND seq > ? ORDER BY seq LIMIT {_BATCH}"  # noqa: S608 - a number of ours
        while batch := list(self._narrow.rows(query, (pair, last))):
            yield batch
            last = batch[-1][0]


class Earlier:
    """What is known of the stages before a pair: changes of runs and of their groups.

    A pair that could not be compared has no number (null): then nothing is known of it.
    """

    def __init__(self, changes: ChangeTables, evidence: int | None, scored: int | None) -> None:
        self._changes = changes
        self._evidence = evidence
        self._scored = scored

    @property
    def is_known(self) -> bool:
        """Whether the earlier stages could be compared."""
        return self._evidence is not None and self._scored is not None

    def evidence(self, run: str) -> Before | None:
        """Return how a run's evidence changed, null where it did not."""
        return self._changes.of_run(self._evidence, run)

    def scored(self, run: str) -> Before | None:
        """Return how a run's decision changed, null where it did not."""
        return self._changes.of_run(self._scored, run)

    def neighbours(self, names: Sequence[str], runs: Sequence[str]) -> Iterator[str]:
        """Yield other runs of these groups whose decision changed, came or went."""
        return (run for run in self._changes.neighbours(self._scored, names) if run not in runs)

    def groups(self, run: str, kind: str) -> list[str]:
        """Return the groups of one kind (``task``, ``subject``) that a run is in."""
        found = self._changes.groups(self._scored, run)
        return [name for name in found if name.startswith(f"{kind}:")]


def _columns(change: Change) -> tuple[Any, ...]:
    before, after = (
        (None, None) if state is None else (state.place, state.label)
        for state in (change.before, change.after)
    )
    spots = (
        (None, None, None) if spot is None else (spot.file, spot.start, spot.end)
        for spot in (change.a, change.b)
    )
    named = (change.place, change.key, change.change, " ".join(change.what), change.source)
    return (*named, SEPARATOR.join(change.runs), *before, *after, *next(spots), *next(spots))


def _change(name: str, columns: Sequence[Any]) -> Change:
    _, place, key, kind, what, source, runs, *rest = columns
    states, spots = rest[:4], rest[4:]
    return Change(
        set=name,
        place=place,
        change=kind,
        what=tuple(what.split()),
        key=key,
        source=source,
        runs=split_runs(runs),
        before=_state(states[0], states[1]),
        after=_state(states[2], states[3]),
        a=_spot(spots[:3]),
        b=_spot(spots[3:]),
    )


def _state(place: Place | None, label: str) -> State | None:
    return None if place is None else State(place, label)


def _spot(columns: Sequence[Any]) -> Spot | None:
    return None if columns[0] is None else Spot(*columns)
