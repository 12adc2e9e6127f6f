"""Gate: whoever would decide over a run has seen what it holds by now.

A verdict that names the content it is for, such as a review, is stale once the run's content is
another one. It is told where the verdicts are attached (`told_of`): a run that it is for, and that
nobody of its rank or above has judged as it is, waits for that judgement.
"""

from collections.abc import Sequence
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.evidence import Observation
from distill.records.taxonomy import QuarantineReason, VerdictOrigin

NAME: Final = "stale_verdict"
VERSION: Final = 1


def told_of(origins: Sequence[VerdictOrigin]) -> Observation:
    """Return what the evidence holds of stale verdicts, of one at least."""
    highest = min(origins, key=lambda origin: origin.rank)
    return Observation(
        version=VERSION, numbers={"verdicts": len(origins)}, names={"origin": highest.value}
    )


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where no stale verdict outranks the one that decided."""
    told = candidate.evidence.facts.observed.get(NAME)
    if told is None:
        return None
    origin = VerdictOrigin(told.names["origin"])
    decided = candidate.run.decided_by
    if decided is not None and decided.origin.rank <= origin.rank:
        return None
    return Finding(
        QuarantineReason.STALE_VERDICT,
        "another_content",
        f"{told.numbers['verdicts']} for another content of the run, the highest of {origin.value}",
    )
