"""What a verdict's value means: maps of exact values, thresholds, and nothing guessed.

A value is compared by its JSON type: true is not 1, "False" is not false; 1 and 1.0 are one number.
What neither map nor thresholds know is `unreadable`, and so are null, lists and objects.
"""

from typing import Any, Final, Self

from pydantic import model_validator

from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import Polarity, VerdictOrigin, VerdictOutcome

_LISTS: Final = ("accepted", "partially_accepted", "rejected", "instrument_failure")


class Thresholds(FrozenModel):
    """Where a number is accepted and where partially; for `lower_is_better`, from there down."""

    accepted: float
    partially_accepted: float | None = None

    def outcome(self, value: float, polarity: Polarity) -> VerdictOutcome:
        """Return what a number means; a bound belongs to the better side."""
        sign = 1 if polarity is Polarity.HIGHER_IS_BETTER else -1
        if sign * value >= sign * self.accepted:
            return VerdictOutcome.ACCEPTED
        partial = self.partially_accepted
        if partial is not None and sign * value >= sign * partial:
            return VerdictOutcome.PARTIALLY_ACCEPTED
        return VerdictOutcome.REJECTED


class ValueLists(FrozenModel):
    """Values as found, by what they mean; none stands in two lists."""

    accepted: tuple[Any, ...] = ()
    partially_accepted: tuple[Any, ...] = ()
    rejected: tuple[Any, ...] = ()
    instrument_failure: tuple[Any, ...] = ()

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        listed = [value for key in _LISTS for value in getattr(self, key)]
        for number, value in enumerate(listed):
            if not isinstance(value, bool | int | float | str):
                raise ValueError(  # noqa: TRY004 (pydantic reports a ValueError)
                    "a value map holds booleans, numbers and strings only"
                )
            if any(is_same(value, other) for other in listed[:number]):
                raise ValueError(f"{value!r} stands twice in the value map")
        return self

    @property
    def has_values(self) -> bool:
        """True where any value is listed."""
        return any(getattr(self, key) for key in _LISTS)

    def listed(self, value: Any) -> VerdictOutcome | None:
        """Return what a value means; null where it stands in no list."""
        for key in _LISTS:
            listed = getattr(self, key)
            if listed and any(is_same(value, known) for known in listed):
                return VerdictOutcome(key)
        return None


class VerdictMap(ValueLists):
    """How the values of one judge are read.

    With neither values nor thresholds the outcome of a number stays null: the scoring policy has
    thresholds for its `name`. `judge` is the model behind an origin `model_judge`.
    """

    name: str = ""
    origin: VerdictOrigin
    judge: str | None = None
    polarity: Polarity = Polarity.HIGHER_IS_BETTER
    thresholds: Thresholds | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.judge is not None and self.origin is not VerdictOrigin.MODEL_JUDGE:
            raise ValueError('judge names a model: it goes with origin = "model_judge"')
        bounds = self.thresholds
        if bounds is not None and bounds.partially_accepted is not None:
            gap = bounds.accepted - bounds.partially_accepted
            if gap * (1 if self.polarity is Polarity.HIGHER_IS_BETTER else -1) < 0:
                raise ValueError("thresholds: partially_accepted lies beyond accepted")
        return self

    def outcome(self, value: Any) -> VerdictOutcome | None:
        """Return what a value means; null where this map leaves it to the scoring policy."""
        found = self.listed(value)
        if found is not None:
            return found
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if self.thresholds is not None and is_number:
            return self.thresholds.outcome(value, self.polarity)
        has_map = self.thresholds is not None or self.has_values
        return VerdictOutcome.UNREADABLE if has_map or not is_number else None

    def read(self, value: Any, *, pointer: str, name: str = "", path: str | None = None) -> Verdict:
        """Return the verdict of a value as found; `name` is taken where the map gives none."""
        return Verdict(
            name=self.name or name or "verdict",
            value=value,
            origin=self.origin,
            polarity=self.polarity,
            outcome=self.outcome(value),
            pointer=pointer,
            path=path,
            judge=self.judge,
        )


def outcome_of_share(share: float) -> VerdictOutcome | None:
    """Return what 1, 0 and what lies between mean; null outside: that is left to the policy."""
    if share in (0, 1):
        return VerdictOutcome.ACCEPTED if share else VerdictOutcome.REJECTED
    return VerdictOutcome.PARTIALLY_ACCEPTED if 0 < share < 1 else None


def is_same(one: Any, other: Any) -> bool:
    """Say whether two JSON scalars are the same value: of one JSON type, and equal."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    return type(one) is type(other) and bool(one == other)
