"""What `[exports.*]` of `distill.toml` may set; every default lets the least through.

`firewall` is `[firewall]` with what `[exports.NAME.firewall]` sets otherwise. `splits` are those of
`[exports]`, one for all sets: a run that trains in one may be tested on in none.
"""

from typing import Final

from pydantic import Field

from distill.firewall.finding import GateSettings
from distill.firewall.settings import FirewallSettings
from distill.firewall.splits import Splits
from distill.records.frozen import FrozenModel

#: How many pairs of one task (or subject) are exported, unless `max_pairs_per_task` says otherwise.
MAX_PAIRS_PER_TASK: Final = 5

#: How many pairs of one task are looked at: a task of a thousand runs that share no prompt has a
#: million of them. What is left is counted as `over_cap`.
MAX_EXAMINED_PER_TASK: Final = 1_000


class RagSettings(FrozenModel):
    """`include_review` lets runs in that a person has yet to decide on."""

    include_review: bool = False
    firewall: FirewallSettings = FirewallSettings()
    splits: Splits | None = None

    def gates(self) -> GateSettings:
        """Return the flags as the gates read them."""
        return GateSettings(
            include_review=self.include_review, firewall=self.firewall, splits=self.splits
        )


class SftSettings(FrozenModel):
    """`include_partial` lets partially accepted runs in."""

    include_partial: bool = False
    firewall: FirewallSettings = FirewallSettings()
    splits: Splits | None = None

    def gates(self) -> GateSettings:
        """Return the flags as the gates read them."""
        return GateSettings(
            include_partial=self.include_partial, firewall=self.firewall, splits=self.splits
        )


class PreferenceSettings(FrozenModel):
    """`cross_source` also pairs runs of different sources that share a subject."""

    cross_source: bool = False
    max_pairs_per_task: int = Field(default=MAX_PAIRS_PER_TASK, ge=1)
    firewall: FirewallSettings = FirewallSettings()
    splits: Splits | None = None

    def gates(self) -> GateSettings:
        """Return the flags as the gates read them."""
        return GateSettings(
            cross_source=self.cross_source, firewall=self.firewall, splits=self.splits
        )
