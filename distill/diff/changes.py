"""A change of one row: what it was, what it is, and the cause that it is put down to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from distill.diff.units import SEPARATOR, Place

ChangeKind = Literal["added", "removed", "changed"]


class Cause(StrEnum):
    """Why a row differs; where several causes could have done it, the first of these is named.

    `unknown`: bytes that would tell are gone, or nothing that the receipts name differs.
    """

    LOG = "log"
    WITHDRAWAL = "withdrawal"
    VERDICT = "verdict"
    POLICY = "policy"
    CODE = "code"
    PAIRING = "pairing"
    UNKNOWN = "unknown"


Reasoned = tuple[Cause, str]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a line stands: the number of its file in this comparison, and its byte range."""

    file: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class State:
    """What became of a unit on one side: a row with its category, or refused with its reason."""

    place: Place
    label: str

    def __str__(self) -> str:
        if self.place == "rows":
            return self.label or "there"
        return f"quarantined: {self.label}" if self.place == "quarantine" else self.label


@dataclass(frozen=True, slots=True)
class Change:
    """One unit that is not the same on both sides.

    `what` names the parts that differ in a changed row. `before` and `after` are null where the
    side has neither a row nor a refusal of it. `a` and `b` are null where the side has no such row.
    """

    set: str
    place: Place
    change: ChangeKind
    what: tuple[str, ...]
    key: str
    source: str
    runs: tuple[str, ...]
    before: State | None
    after: State | None
    a: Spot | None
    b: Spot | None

    @property
    def spot(self) -> Spot:
        """Where the newer of its rows stands."""
        spot = self.b or self.a
        if spot is None:
            raise TypeError("a change has a row on one side at least")
        return spot


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change with its cause, as it is shown; the rows are null unless they were asked for."""

    change: Change
    cause: Cause
    why: str
    row_before: Mapping[str, Any] | None = None
    row_after: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the change as a JSON object."""
        change = self.change
        return {
            "set": change.set,
            "place": change.place,
            "change": change.change,
            "what": list(change.what),
            "source": change.source,
            "runs": list(change.runs),
            "before": _state_json(change.before),
            "after": _state_json(change.after),
            "cause": self.cause.value,
            "why": self.why,
            "row_before": self.row_before,
            "row_after": self.row_after,
        }

    def line(self) -> str:
        """Return the change as one line for a person."""
        change = self.change
        name = " over ".join(change.runs) or change.source
        states = f"{change.before or 'absent'} → {change.after or 'absent'}"
        if change.before == change.after:
            states = ", ".join(change.what)
        place = title_of(change.set, change.place)
        return f"{change.change:7}  {place}  {name}  {states}  [{self.cause.value}: {self.why}]"


PLACES: Final[tuple[Place, ...]] = ("rows", "quarantine", "unattached")


def title_of(name: str, place: Place) -> str:
    """Return the name of a set's place in a table: ``sft``, ``sft quarantine``."""
    return name if place == "rows" else f"{name} {place}"


def _state_json(state: State | None) -> dict[str, str] | None:
    return None if state is None else {"place": state.place, "label": state.label}


def split_runs(text: str) -> tuple[str, ...]:
    """Return the run ids that a narrow table holds in one column."""
    return tuple(text.split(SEPARATOR)) if text else ()
