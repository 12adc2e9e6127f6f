"""Why evidence differs. `docs/diff-and-recall.md` states the rule; the order of the tests is it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from distill.diff.changes import Cause, Change, Reasoned
from distill.diff.conditions import Conditions
from distill.diff.tables import UnitTables

WITHDRAWN: Final = "withdrawn"

Row = Mapping[str, Any]


class EvidenceCauses:
    """Judges the changes of one pair of receipts of `build_evidence_index`."""

    def __init__(self, conditions: Conditions, tables: UnitTables) -> None:
        self._conditions = conditions
        self._tables = tables

    def of(self, change: Change) -> Reasoned:
        """Return the cause of a change in evidence, its quarantine or its unattached verdicts."""
        if change.place == "unattached":
            return self._unattached(change)
        if change.a is not None and change.b is not None:
            if change.place == "quarantine":
                return self._same_bytes(change.source, "another record with its id changed")
            return self._changed(change, self._tables.read(change.a), self._tables.read(change.b))
        return self._one_sided(change)

    def _one_sided(self, change: Change) -> Reasoned:
        here = 0 if change.b is None else 1
        places = self._places(self._tables.read(change.spot))
        withdrawal = self._withdrawal(change, places, here)
        if withdrawal is not None:
            return withdrawal
        fresh = self._first_fresh(places, 1 - here)
        if fresh is not None:
            return Cause.LOG, f"its raw record, {_shown(fresh)}, {'is new' if here else 'is gone'}"
        return self._same_bytes(change.source, "another record with its id changed")

    def _withdrawal(self, change: Change, places: Sequence[Row], here: int) -> Reasoned | None:
        state = change.after if here else change.before
        if state is not None and state.label == WITHDRAWN:
            return Cause.WITHDRAWAL, "its run is withdrawn"
        if change.runs and self._tables.refused_as(1 - here, change.runs, WITHDRAWN):
            return Cause.WITHDRAWAL, "its run is withdrawn"
        if self._conditions.withdrawn(1 - here, places):
            return Cause.WITHDRAWAL, "its file or source is withdrawn"
        return None

    def _changed(self, change: Change, before: Row, after: Row) -> Reasoned:
        lost, new = _unmatched(self._places(before), self._places(after))
        if lost and not new and self._conditions.withdrawn(1, lost):
            return Cause.WITHDRAWAL, f"{_shown(lost[0])} is withdrawn, where it also stood"
        only_verdicts = "text" not in change.what and "rest" not in change.what
        if lost or new:
            where = _shown((new or lost)[0])
            if only_verdicts and "decision" in change.what:
                return Cause.VERDICT, f"same content, other verdict in {where}"
            return Cause.LOG, f"its raw record changed: {where}"
        if only_verdicts:
            return self._verdicts(change, before, after)
        return self._same_bytes(
            change.source, "a file that its source reads beside the log changed"
        )

    def _verdicts(self, change: Change, before: Row, after: Row) -> Reasoned:
        """Tell verdicts that somebody gave or took back from those that are read differently."""
        for verdict in _apart(before["verdicts"], after["verdicts"]):
            path = verdict["path"]
            if path is None or self._conditions.has_same_file(path):
                continue
            if self._conditions.file_withdrawn(path):
                return Cause.WITHDRAWAL, f"{path}, which held a verdict, is withdrawn"
            return Cause.VERDICT, f"{path} says {verdict['name']} otherwise"
        if self._conditions.any_source_differs:
            return Cause.POLICY, "distill.toml reads its verdicts otherwise"
        return self._same_bytes(change.source, "the verdicts that could be its own changed")

    def _unattached(self, change: Change) -> Reasoned:
        here = 0 if change.b is None else 1
        places = self._places(self._tables.read(change.spot))
        if self._conditions.withdrawn(1 - here, places):
            return Cause.WITHDRAWAL, "its file or source is withdrawn"
        changed = [p for p in places if not self._conditions.has_same_file(p["path"])]
        if change.change != "changed" and changed:
            return Cause.VERDICT, f"its raw record, {_shown(changed[0])}, is not in both"
        return self._same_bytes(change.source, "the runs that it could belong to changed")

    def _same_bytes(self, source: str, otherwise: str) -> Reasoned:
        """Return the cause where the raw bytes of the row are the same on both sides."""
        if self._conditions.source_differs(source):
            return Cause.POLICY, f"[sources.{source}] of distill.toml differs"
        if self._conditions.code_differs:
            return Cause.CODE, "same bytes and settings, other code"
        if self._conditions.inputs_differ:
            return Cause.LOG, otherwise
        return Cause.UNKNOWN, "nothing that the receipts name differs"

    def _first_fresh(self, places: Sequence[Row], other: int) -> Row | None:
        """Return the first raw record that the other side did not read, null where it read all."""
        for place in places:
            if self._tables.knows_raw(other, place["blake3"]):
                continue
            if not self._conditions.has_same_file(place["path"]):
                return place
        return None

    def _places(self, row: Row) -> Sequence[Row]:
        places: Sequence[Row] = row["provenance"] if "provenance" in row else row["origin"]
        return places


def _unmatched(before: Sequence[Row], after: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the places of either side that have no counterpart: same bytes, best in one file."""
    lost, new = list(before), list(after)
    for names in (("path", "blake3", "pointer"), ("blake3", "pointer")):
        for place in list(lost):
            key = [place[name] for name in names]
            found = next((p for p in new if [p[name] for name in names] == key), None)
            if found is not None:
                lost.remove(place)
                new.remove(found)
    return lost, new


def _apart(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """Return the verdicts, as they were found, that stand on one side alone."""
    found = ("name", "value", "origin", "path", "pointer", "detail")
    one, other = (
        {orjson.dumps([verdict[name] for name in found]): verdict for verdict in verdicts}
        for verdicts in (before, after)
    )
    return [v for key, v in [*other.items(), *one.items()] if (key in one) != (key in other)]


def _shown(place: Row) -> str:
    line = f", line {place['line']}" if place["line"] else ""
    return f"{place['path']}{line}"
