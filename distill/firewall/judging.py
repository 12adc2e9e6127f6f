"""Asking the gates that stand before a set: what they find is why a candidate stays out.

Every gate is asked, so that `also` tells a reader what would still be in the way.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Generic

from distill.firewall import personal_data, secret_detected
from distill.firewall.finding import GATE_ERRORS, C, Finding, Gate, GateSettings, Refusal
from distill.firewall.marking import merged
from distill.firewall.observation import UndecidedError
from distill.records.taxonomy import QuarantineReason

#: The rule of a finding that says: this gate could not judge.
UNDECIDED: Final = "undecided"


class Judge(Generic[C]):
    """The gates before a set under its settings; which of them are on is looked up once.

    Laws: a gate that fails is a finding of its own, so that nothing is clean because of an error;
    no credential and no personal datum stands in a detail, though a pointer or another run's id may
    hold one.
    """

    def __init__(self, gates: Sequence[Gate[C]], settings: GateSettings) -> None:
        off = settings.firewall.is_off
        self._settings = settings
        self._gates: tuple[Gate[C], ...] = tuple(gate for gate in gates if not off(gate.name))

    def refusal(self, candidate: C) -> Refusal | None:
        """Return why a candidate stays out; null where all gates let it through."""
        found = self.findings(candidate)
        if not found:
            return None
        first = found[0]
        others = dict.fromkeys(one.reason for one in found if one.reason != first.reason)
        return Refusal(
            reason=first.reason, also=tuple(others), rule=first.rule, detail=first.detail
        )

    def findings(self, candidate: C) -> list[Finding]:
        """Ask every gate, and return what they find; one that has nothing to read finds nothing."""
        settings, observed = self._settings, candidate.observed
        found: list[Finding] = []
        for gate in self._gates:
            if gate.is_observed and observed is not None and gate.name not in observed:
                continue
            try:
                finding = gate.check(candidate, settings)
            except UndecidedError as undecided:
                finding = Finding(undecided.reason, UNDECIDED, undecided.why)
            except GATE_ERRORS as error:
                finding = _failed(gate.name, error)
            if finding is not None:
                detail = without_marks(finding.detail)
                found.append(Finding(finding.reason, finding.rule, detail))
        return found


def _failed(gate: str, error: Exception) -> Finding:
    detail = f"the gate {gate} failed: {type(error).__name__}"
    return Finding(QuarantineReason.SCHEMA_VIOLATION, "gate_failed", detail)


def ask(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    """Return what one gate finds, as `Judge` tells it; null where it passes or is off."""
    return next(iter(Judge((gate,), settings).findings(candidate)), None)


@lru_cache(maxsize=256)
def without_marks(text: str) -> str:
    """Return a text with a rule's name in the place of each credential and personal datum.

    The last few are kept: most details say what the gate said of the run before.
    """
    raw = text.encode("utf-8", "surrogatepass")
    pieces, done = [], 0
    for start, end, rule in merged([*secret_detected.scan(raw), *personal_data.scan(raw)]):
        pieces += [raw[done:start], f"<{rule}>".encode()]
        done = end
    return b"".join((*pieces, raw[done:])).decode("utf-8", "surrogatepass")
