"""What a stage function may return: counts, laws over them, and checks that it made itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from distill.receipts.canonical import Json

Counts: TypeAlias = "Mapping[str, int | Counts]"


@dataclass(frozen=True, slots=True)
class Law:
    """A balance that must hold: what is on the left sums to what is on the right.

    ``unit`` names what is counted ("records", "pairs"); ``source`` is null where the law holds over
    all sources together. Both sides are recorded, so that a verifier sums again.
    """

    name: str
    unit: str
    left: Mapping[str, int]
    right: Mapping[str, int]
    source: str | None = None

    @property
    def holds(self) -> bool:
        """Whether both sides have the same sum."""
        return sum(self.left.values()) == sum(self.right.values())

    def __str__(self) -> str:
        place = f" of source {self.source}" if self.source is not None else ""
        sign = "=" if self.holds else "≠"
        return f"{self.name}{place}: {_terms(self.left)} {sign} {_terms(self.right)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Check:
    """One check that a stage made: its name, whether it passed, and what it saw."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a stage says of its own work.

    ``counts`` nests freely and ends in integers that are not negative; ``notes`` is any JSON.
    """

    counts: Counts = field(default_factory=dict)
    laws: Sequence[Law] = ()
    checks: Sequence[Check] = ()
    notes: Mapping[str, Json] = field(default_factory=dict)


def _terms(side: Mapping[str, int]) -> str:
    return " + ".join(f"{name} {count}" for name, count in side.items()) or "0"
