"""Gate: those who judged a run agree about it.

Verdicts of one rank that contradict each other make a run one for review, which SFT and pairs never
take; this gate also keeps it from RAG with `include_review`. A dissent of a lower rank decides
nothing and stays in the scored run: whoever wants only what nobody doubts sets `lower_rank`.
"""

from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.settings import Unknown
from distill.records.taxonomy import QuarantineReason

NAME: Final = "conflicting_verdicts"

#: The rules of scoring that say: equals contradict each other (docs/scoring.md).
_EQUALS: Final = frozenset(
    {"same_rank_disagrees", "same_output_opposite_verdicts", "parents_disagree"}
)


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no verdict of the deciding rank contradicts, nor (as set) one of a lower."""
    run = candidate.run
    if run.rule in _EQUALS:
        return _finding("equals", f"scoring says {run.rule}")
    if not run.dissent or settings.firewall.conflicting_verdicts.lower_rank is Unknown.PASS:
        return None
    origins = sorted({verdict.origin.value for verdict in run.dissent})
    return _finding("lower_rank", f"{len(run.dissent)} dissent: {', '.join(origins)}")


def _finding(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.CONFLICTING_VERDICTS, rule, detail)
