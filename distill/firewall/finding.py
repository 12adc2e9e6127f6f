"""What a gate is asked about and what it may answer.

A gate is a function ``check(candidate, settings) -> Finding | None`` in a module of its own. It
reads scored run and evidence, no file and no clock. What it needs of the run's texts, its observer
(`distill.firewall.observing`) has left in the evidence. A new gate is one module, one reason in
`distill.records.taxonomy`, one line in `distill.firewall.gates`, its settings in
`distill.firewall.settings`, one fixture and one section of `docs/firewall.md`. All gates of a set
are asked by `distill.firewall.judging`.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from distill.firewall.settings import FirewallSettings
from distill.firewall.splits import Splits
from distill.records.evidence import EvidenceRecord
from distill.records.frozen import FrozenModel
from distill.records.scored import ScoredRun
from distill.records.taxonomy import QuarantineReason


class GateSettings(FrozenModel):
    """The flags and settings that gates answer to; the defaults let the least through."""

    include_partial: bool = False
    include_review: bool = False
    cross_source: bool = False
    firewall: FirewallSettings = FirewallSettings()
    splits: Splits | None = None


class RunCandidate(NamedTuple):
    """A scored run with its evidence; `is_duplicate` where its id stood earlier in the input."""

    run: ScoredRun
    evidence: EvidenceRecord
    is_duplicate: bool = False

    @property
    def observed(self) -> Container[str] | None:
        """The gates whose observer found something; null where no observer was asked."""
        facts = self.evidence.facts
        return None if facts.observers is None else facts.observed


class PairCandidate(NamedTuple):
    """Two scored runs that may become a preference pair."""

    chosen: RunCandidate
    rejected: RunCandidate

    @property
    def observed(self) -> Container[str] | None:
        """The gates whose observer found something in either run; null where one has none."""
        chosen, rejected = self.chosen.evidence.facts, self.rejected.evidence.facts
        if chosen.observers is None or rejected.observers is None:
            return None
        return chosen.observed.keys() | rejected.observed.keys()


class Finding(NamedTuple):
    """Why a gate stays shut: `rule` names the module's rule, `detail` never quotes the record."""

    reason: QuarantineReason
    rule: str
    detail: str


#: What a gate or an observer raises over a value that it can't take; a bug of another kind stops
#: the stage.
GATE_ERRORS: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)

C = TypeVar("C", RunCandidate, PairCandidate)


@dataclass(frozen=True, slots=True)
class Gate(Generic[C]):
    """A named question to a candidate.

    `is_observed`: it judges what the observer of its name found and nothing else, so that a run in
    which that found nothing passes without being asked about.
    """

    name: str
    check: Callable[[C, GateSettings], Finding | None]
    is_observed: bool = False


class Refusal(NamedTuple):
    """A candidate that is not exported: the first gate that failed, and what else would have.

    `also` holds further reasons, each once, in the order of the gates.
    """

    reason: QuarantineReason
    also: tuple[QuarantineReason, ...]
    rule: str
    detail: str
