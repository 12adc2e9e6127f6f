"""What `[firewall.*]` of `distill.toml` may set: a table for each gate that has a choice.

`[exports.rag.firewall.*]`, and so for the other exports, sets it otherwise for one export. A
setting is compared with what the evidence already holds: to change it reads no log again.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import Field

from distill.firewall.facets import Facet
from distill.records.evidence import Mark, Observation
from distill.records.frozen import FrozenModel


class Action(StrEnum):
    """What becomes of a run that a gate finds something in."""

    QUARANTINE = "quarantine"
    OFF = "off"


class Unknown(StrEnum):
    """What becomes of a run over which a gate has only a doubt."""

    PASS = "pass"  # noqa: S105 - not a password
    QUARANTINE = "quarantine"


class Unnamed(StrEnum):
    """What becomes of a run that a model judged, where the log does not name both models."""

    UNDECIDED = "undecided"
    PASS = "pass"  # noqa: S105 - not a password


class MarkAction(StrEnum):
    """What becomes of a run in whose texts a gate marked something.

    `redact`: a placeholder stands in each mark's place in the exported row.
    """

    QUARANTINE = "quarantine"
    REDACT = "redact"
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


class NearDuplicateSettings(FrozenModel):
    """What makes two runs alike; scoring looks for it, so all exports have one answer.

    `alike`: the facets that must all be alike; one that neither run has is. `min_similarity`: per
    cent of all shingles of two texts that both have.
    """

    action: Action = Action.QUARANTINE
    alike: tuple[Facet, ...] = Field(default=tuple(Facet), min_length=1)
    min_similarity: int = Field(default=80, ge=60, le=100)


class SecretSettings(FrozenModel):
    """`ignore`: names of rules whose findings do not count."""

    action: MarkAction = MarkAction.QUARANTINE
    ignore: tuple[str, ...] = ()


class NameModel(FrozenModel):
    """A model of language that knows names, and the version that its meta.json has.

    `model` is a folder, with a ``/`` in its path, or the name of an installed one.
    """

    model: str = Field(min_length=1)
    version: str


class PersonalSettings(FrozenModel):
    """`ignore`: names of rules whose findings do not count.

    `names` is what finds names of persons, null: nothing looks for them.
    """

    action: MarkAction = MarkAction.REDACT
    ignore: tuple[str, ...] = ()
    names: NameModel | None = None


class LicenceSettings(FrozenModel):
    """`allow`: SPDX identifiers, and names that sources use; null: any that is known."""

    action: Action = Action.QUARANTINE
    allow: tuple[str, ...] | None = None


class SelfJudgedSettings(FrozenModel):
    """`unnamed`: what becomes of a run whose log does not name its model or its judge."""

    action: Action = Action.QUARANTINE
    unnamed: Unnamed = Unnamed.UNDECIDED


class ConflictingVerdictsSettings(FrozenModel):
    """`lower_rank`: what becomes of a run that a verdict of a lower rank dissents from."""

    action: Action = Action.QUARANTINE
    lower_rank: Unknown = Unknown.PASS


class BenchmarkList(FrozenModel):
    """A list of a benchmark's items: a file below the workspace or a root, and its version."""

    path: str
    version: str


class BenchmarkSettings(FrozenModel):
    """`lists` by name. The others: which per cent of an item's word sequences are too many."""

    action: Action = Action.QUARANTINE
    min_covered_13: int = Field(default=30, ge=5, le=100)
    min_covered_8: int = Field(default=50, ge=5, le=100)
    lists: dict[str, BenchmarkList] = Field(default_factory=dict)


class RulesSettings(FrozenModel):
    """`ignore`: names of the gate's rules whose findings do not count."""

    action: Action = Action.QUARANTINE
    ignore: tuple[str, ...] = ()


class SwitchSettings(FrozenModel):
    """Of a gate that is on or off, and nothing else."""

    action: Action = Action.QUARANTINE


class FirewallSettings(FrozenModel):
    """The settings of all gates that have any, by the gate's name."""

    conflicting_verdicts: ConflictingVerdictsSettings = ConflictingVerdictsSettings()
    benchmark_contamination: BenchmarkSettings = BenchmarkSettings()
    length_out_of_bounds: LengthSettings = LengthSettings()
    licence_disallowed: LicenceSettings = LicenceSettings()
    looping: LoopingSettings = LoopingSettings()
    near_duplicate: NearDuplicateSettings = NearDuplicateSettings()
    secret_detected: SecretSettings = SecretSettings()
    oracle_access: RulesSettings = RulesSettings()
    placeholder_code: RulesSettings = RulesSettings()
    prompt_injection: RulesSettings = RulesSettings()
    refusal: SwitchSettings = SwitchSettings()
    truncated_run: RulesSettings = RulesSettings()
    self_judged: SelfJudgedSettings = SelfJudgedSettings()
    stale_verdict: SwitchSettings = SwitchSettings()
    personal_data: PersonalSettings = PersonalSettings()

    def is_off(self, gate: str) -> bool:
        """Say whether a gate is not asked; one without settings always is."""
        settings = vars(self).get(gate)
        return settings is not None and settings.action == Action.OFF

    @property
    def redacts(self) -> bool:
        """Whether any gate is to redact."""
        return any(map(self.does_redact, self._marking()))

    def does_redact(self, gate: str) -> bool:
        """Say whether a gate that marks is to redact what it marked."""
        return self._marking()[gate].action is MarkAction.REDACT

    def counted_marks(self, gate: str, observed: Mapping[str, Observation]) -> tuple[Mark, ...]:
        """Return the marks of a gate's observer that are not to be ignored."""
        told = observed.get(gate)
        return self.not_ignored(gate, told.marks) if told else ()

    def not_ignored(self, gate: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
        """Return those of some marks whose rule a gate is not to ignore."""
        ignored = self._marking()[gate].ignore
        return tuple(mark for mark in marks if mark.rule not in ignored)

    def redacted_marks(self, gate: str, observed: Mapping[str, Observation]) -> tuple[Mark, ...]:
        """Return the marks of a gate that placeholders are put in the place of."""
        return self.counted_marks(gate, observed) if self.does_redact(gate) else ()

    def _marking(self) -> dict[str, SecretSettings | PersonalSettings]:
        return {"secret_detected": self.secret_detected, "personal_data": self.personal_data}
