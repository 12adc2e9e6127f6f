"""What a comparison found: numbers in full, the rows themselves one at a time when asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from distill.diff.changes import PLACES, Cause, ToldChange, title_of
from distill.diff.comparison import Comparison, Gone, Pair
from distill.diff.sides import Side, demand_comparable, resolve_side
from distill.diff.tables import UnitTables
from distill.diff.units import Place
from distill.errors import EXIT_INCOMPLETE, EXIT_OK
from distill.receipts.versions import Versions
from distill.receipts.workspace import Workspace
from distill.stages.sets import SETS

KINDS: Final = ("added", "removed", "changed")

Numbers = dict[str, dict[str, int]]


@dataclass(frozen=True)
class PlaceNumbers:
    """How many rows of one set (or of its quarantine) differ, and how.

    `by_label` is by category, reason or state: that of the row added or removed; `turned` counts
    the changed rows whose label is another, as ``old → new``.
    """

    set: str
    place: Place
    a: str
    b: str
    totals: Mapping[str, int]
    by_source: Numbers
    by_label: Numbers
    turned: Mapping[str, int]
    by_cause: Mapping[str, int]

    @property
    def title(self) -> str:
        """The name of the set's place."""
        return title_of(self.set, self.place)

    @property
    def differs(self) -> bool:
        """Whether any row was added, removed or changed."""
        return any(self.totals[kind] for kind in KINDS)


class Diff:
    """A comparison of two sides; open until it is closed, since rows are read when asked for."""

    def __init__(self, a: Side, b: Side, comparison: Comparison, tables: UnitTables) -> None:
        self.a = a
        self.b = b
        self._comparison = comparison
        self._tables = tables
        self._pairs: list[Pair] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tables.close()

    def compare(self, stages: Sequence[str]) -> None:
        """Compare these stages' receipts.

        Raises:
            VerificationError: a file does not hold the bytes that its receipt names.
        """
        self._pairs = [self._comparison.compare(stage) for stage in stages]

    @property
    def gone(self) -> tuple[Gone, ...]:
        """The outputs that could not be compared, since their bytes are gone."""
        found = {(g.path, g.blake3): g for pair in self._comparison.pairs for g in pair.gone}
        return tuple(found[key] for key in sorted(found))

    @property
    def exit_code(self) -> int:
        """0, or 11 where something could not be compared."""
        return EXIT_INCOMPLETE if self.gone else EXIT_OK

    def numbers(self) -> Iterator[PlaceNumbers]:
        """Yield the numbers of every place of every set that could be compared."""
        for pair in self._pairs:
            for place in PLACES if pair.is_compared else ():
                numbers = self._numbers(pair, place)
                if any(numbers.totals.values()) or place == "rows":
                    yield numbers

    def rows(self, kind: str | None, *, with_texts: bool) -> Iterator[ToldChange]:
        """Yield every change, of one kind or of all, with the rows themselves if asked for."""
        for pair in self._pairs:
            name = SETS[pair.stage]
            for change, (cause, why) in self._comparison.changes.told(pair.number, name, kind):
                spots = (change.a, change.b) if with_texts else (None, None)
                one, other = (None if s is None else self._tables.read(s) for s in spots)
                yield ToldChange(change, cause, why, one, other)

    def as_json(self) -> dict[str, Any]:
        """Return all but the rows as a JSON object."""
        return {
            "a": _side_json(self.a),
            "b": _side_json(self.b),
            "sets": [asdict(numbers) for numbers in self.numbers()],
            "gone": [asdict(gone) for gone in self.gone],
            "exit_code": self.exit_code,
        }

    def _numbers(self, pair: Pair, place: Place) -> PlaceNumbers:
        changes = self._comparison.changes
        totals = dict.fromkeys(KINDS, 0)
        by_source: Numbers = {}
        by_label: Numbers = {}
        turned: dict[str, int] = {}
        by_cause = dict.fromkeys((cause.value for cause in Cause), 0)
        columns = ("place", "change", "source", "before_label", "after_label", "cause")
        for at, kind, source, before, after, cause, number in changes.numbers(
            pair.number, *columns
        ):
            if at != place:
                continue
            totals[kind] += number
            by_cause[cause] += number
            _add(by_source, source, kind, number)
            if kind != "changed":
                _add(by_label, after if kind == "added" else before, kind, number)
            elif before != after:
                turned[f"{before} → {after}"] = turned.get(f"{before} → {after}", 0) + number
        totals |= {"moved": pair.moved[place], "same": pair.same[place]}
        return PlaceNumbers(
            SETS[pair.stage],
            place,
            pair.a.digest.hex,
            pair.b.digest.hex,
            totals,
            by_source,
            by_label,
            turned,
            by_cause,
        )


def open_diff(workspace: Workspace, one: str, other: str, sets: Sequence[str] = ()) -> Diff:
    """Compare what two texts name, all their sets or those given; the caller closes the result.

    Raises:
        ConfigurationError: a text names nothing, or the sides have nothing in common.
        VerificationError: a receipt or a file is not what was written.
    """
    a, b = resolve_side(workspace, one), resolve_side(workspace, other)
    stages = [s for s in demand_comparable(a, b) if not sets or SETS[s] in sets]
    tables = UnitTables()
    try:
        diff = Diff(a, b, Comparison(Versions(workspace), a, b, tables), tables)
        diff.compare(stages)
    except BaseException:
        tables.close()
        raise
    return diff


def _add(numbers: Numbers, name: str, kind: str, number: int) -> None:
    of = numbers.setdefault(name, dict.fromkeys(KINDS, 0))
    of[kind] += number


def _side_json(side: Side) -> dict[str, Any]:
    receipts = {stage: receipt.digest.hex for stage, receipt in side.receipts.items()}
    return {"label": side.label, "receipts": receipts}
