"""Asking the gates that stand before a set: what they find is why a candidate stays out.

Every gate is asked, so that `also` tells a reader what would still be in the way.
"""

from collections.abc import Sequence
from dataclasses import replace
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

    Laws: what it says of a candidate is what `ask` says for every gate in turn; see there.
    """

    def __init__(self, gates: Sequence[Gate[C]], settings: GateSettings) -> None:
        self._settings = settings
        off = settings.firewall.is_off
        self._gates: tuple[Gate[C], ...] = tuple(gate for gate in gates if not off(gate.name))

    def refusal(self, candidate: C) -> Refusal | None:
        """Ask every gate; return null where all let the candidate through."""
        found, observed = [], candidate.observed
        for gate in self._gates:
            if gate.is_observed and observed is not None and gate.name not in observed:
                continue
            finding = _ask(gate, candidate, self._settings)
            if finding is not None:
                found.append(finding)
        return _refusal(found) if found else None


def ask(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    """Return what one gate finds; null where it passes or is off.

    Laws: a gate that fails is a finding of its own, so that nothing is clean because of an error;
    no credential and no personal datum stands in the detail, though a pointer or another run's id
    may hold one.
    """
    return None if settings.firewall.is_off(gate.name) else _ask(gate, candidate, settings)


def _ask(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    try:
        found = gate.check(candidate, settings)
    except UndecidedError as undecided:
        found = Finding(undecided.reason, UNDECIDED, undecided.why)
    except GATE_ERRORS as error:
        found = Finding(
            QuarantineReason.SCHEMA_VIOLATION,
            "gate_failed",
            f"the gate {gate.name} failed: {type(error).__name__}",
        )
    return found if found is None else replace(found, detail=without_marks(found.detail))


def _refusal(found: Sequence[Finding]) -> Refusal:
    first = found[0]
    others = dict.fromkeys(finding.reason for finding in found if finding.reason != first.reason)
    return Refusal(reason=first.reason, also=tuple(others), rule=first.rule, detail=first.detail)


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
