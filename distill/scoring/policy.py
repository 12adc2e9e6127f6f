"""The scoring policy: what `[scoring]` of `distill.toml` may set, and what ships.

Only verdicts whose source gave them no outcome are measured by thresholds; `docs/scoring.md` says
why the shipped numbers are what they are.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from distill.records.frozen import FrozenModel
from distill.records.taxonomy import Polarity, VerdictOutcome

POLICY_VERSION: Final = "1"

Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]


class Threshold(FrozenModel):
    """Bounds of one named verdict: `accepted` from here on, `partially_accepted` from here on.

    With ``lower_is_better`` both are upper bounds. `polarity` null means that of each verdict; a
    verdict that points the other way than the bounds do is not measured.
    """

    accepted: Finite
    partially_accepted: Finite
    polarity: Polarity | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.polarity is not None and not self.fits(self.polarity):
            message = "partially_accepted is a harder bound than accepted"
            raise ValueError(message)
        return self

    def fits(self, polarity: Polarity) -> bool:
        """Say whether the bounds can measure a verdict of this polarity."""
        if self.polarity is not None:
            polarity = self.polarity
        if polarity is Polarity.LOWER_IS_BETTER:
            return self.accepted <= self.partially_accepted
        return self.accepted >= self.partially_accepted

    def outcome(self, value: float, polarity: Polarity) -> VerdictOutcome:
        """Return what a finite number means; a bound belongs to the better side."""
        falling = (self.polarity or polarity) is Polarity.LOWER_IS_BETTER
        if value <= self.accepted if falling else value >= self.accepted:
            return VerdictOutcome.ACCEPTED
        if value <= self.partially_accepted if falling else value >= self.partially_accepted:
            return VerdictOutcome.PARTIALLY_ACCEPTED
        return VerdictOutcome.REJECTED


SHIPPED_THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "grounded_fraction": Threshold(
        accepted=0.8, partially_accepted=0.5, polarity=Polarity.HIGHER_IS_BETTER
    ),
}


class ScoringPolicy(FrozenModel):
    """How verdicts become categories; a threshold joins the shipped, or replaces its namesake."""

    version: Literal["1"] = POLICY_VERSION
    thresholds: dict[str, Threshold] = Field(default_factory=lambda: dict(SHIPPED_THRESHOLDS))

    @field_validator("thresholds", mode="before")
    @classmethod
    def _join_shipped(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        joined = {**SHIPPED_THRESHOLDS, **given}
        return {name: joined[name] for name in sorted(joined)}
