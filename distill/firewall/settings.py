"""What `[firewall.*]` of `distill.toml` may set: a table for each gate that has a choice.

`[exports.rag.firewall.*]`, and so for the other exports, sets it otherwise for one export. A
setting is compared with what the evidence already holds: to change it reads no log again.
"""

from enum import StrEnum

from pydantic import Field

from distill.records.frozen import FrozenModel


class Action(StrEnum):
    """What becomes of a run that a gate finds something in."""

    QUARANTINE = "quarantine"
    OFF = "off"


class LengthSettings(FrozenModel):
    """`min_chars` and `max_chars`: characters of the run's rendering, both allowed; null: any."""

    action: Action = Action.QUARANTINE
    min_chars: int | None = Field(default=None, ge=0)
    max_chars: int | None = Field(default=None, ge=1)


class LoopingSettings(FrozenModel):
    """`max_repeats`: how often in a row the same action may stand; one more is a loop."""

    action: Action = Action.QUARANTINE
    max_repeats: int = Field(default=5, ge=1)


class SecretSettings(FrozenModel):
    """`ignore`: names of rules whose findings do not count."""

    action: Action = Action.QUARANTINE
    ignore: tuple[str, ...] = ()


class FirewallSettings(FrozenModel):
    """The settings of all gates that have any, by the gate's name."""

    length_out_of_bounds: LengthSettings = LengthSettings()
    looping: LoopingSettings = LoopingSettings()
    secret_detected: SecretSettings = SecretSettings()

    def is_off(self, gate: str) -> bool:
        """Say whether a gate is not asked; one without settings always is."""
        has_settings = gate in type(self).model_fields
        return has_settings and getattr(self, gate).action is Action.OFF
