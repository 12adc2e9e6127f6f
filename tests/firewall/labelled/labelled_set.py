"""What a labelled set is, and what a gate makes of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from distill.firewall.finding import GateSettings, RunCandidate
from distill.firewall.gates import RAG_GATES, SFT_GATES
from distill.firewall.judging import UNDECIDED, ask
from tests.exports.builders import Run, run

LEAST = 100

T = TypeVar("T")

#: What `tests.exports.builders.run` takes: messages, text, task, model, …
RunFields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet(Generic[T]):
    """Members that a gate has to find (`positives`) and to leave alone (`negatives`).

    `finds` says whether the gate, under its default settings, finds something in a member. `misses`
    is a sentence for the page: what the gate is known to miss, or to find wrongly.
    """

    gate: str
    positives: Sequence[T]
    negatives: Sequence[T]
    finds: Callable[[T], bool]
    misses: str

    def measure(self) -> "Measured":
        """Ask the gate about every member."""
        found = sum(map(self.finds, self.positives))
        wrongly = sum(map(self.finds, self.negatives))
        return Measured(len(self.positives), len(self.negatives), found, wrongly)


@dataclass(frozen=True, slots=True)
class Measured:
    """How many members a set has, how many of each kind the gate found."""

    positives: int
    negatives: int
    found: int
    wrongly: int

    @property
    def precision(self) -> float:
        """The share of what was found that had to be found."""
        return self.found / max(self.found + self.wrongly, 1)

    @property
    def recall(self) -> float:
        """The share of what had to be found that was found."""
        return self.found / self.positives


def found_in_run(gate: str, settings: GateSettings | None = None) -> Callable[[RunFields], bool]:
    """Return what says whether a gate of single runs finds something in a run of these fields."""
    found = found_in_scored(gate, settings)
    return lambda fields: found(run(**fields))


def found_in_scored(gate: str, settings: GateSettings | None = None) -> Callable[[Run], bool]:
    """Return what says whether a gate of single runs finds something in a scored run.

    A gate that could not judge has found nothing: that is a defect of the set, and raises.
    """
    gates = {one.name: one for one in (*RAG_GATES, *SFT_GATES)}
    chosen = GateSettings() if settings is None else settings

    def finds(scored: Run) -> bool:
        finding = ask(gates[gate], RunCandidate(*scored), chosen)
        if finding is not None and finding.rule in (UNDECIDED, "gate_failed"):
            raise AssertionError(f"{gate} could not judge {scored!r}: {finding.detail}")
        return finding is not None

    return finds
