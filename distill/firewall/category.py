"""Gate: the category of a run, for each export; no flag opens what stands in the constants.

The schema of the rows holds the same again, without asking this module.
"""

from typing import Final

from distill.firewall.finding import Finding, GateSettings, PairCandidate, RunCandidate
from distill.records.taxonomy import Category, QuarantineReason

#: Never in an SFT row, whatever the flags.
SFT_NEVER: Final = frozenset({Category.REJECTED, Category.NEEDS_HUMAN_REVIEW})
#: Never in a RAG row, whatever the flags.
RAG_NEVER: Final = frozenset({Category.REJECTED})

_OPEN: Final = frozenset({Category.ACCEPTED})
_RAG_OPEN: Final = _OPEN | {Category.PARTIALLY_ACCEPTED}
_SFT_BEHIND_FLAG: Final = frozenset({Category.PARTIALLY_ACCEPTED})
_RAG_BEHIND_FLAG: Final = frozenset({Category.NEEDS_HUMAN_REVIEW})
_REJECTED: Final = frozenset({Category.REJECTED, Category.PARTIALLY_ACCEPTED})


def check_sft(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Accepted passes; partially accepted passes with `include_partial`."""
    category = candidate.run.category
    if category in SFT_NEVER:
        return Finding(
            QuarantineReason.UNSAFE_SFT_CATEGORY, "sft_never", f"{category} is never trained on"
        )
    if category in _OPEN or (category in _SFT_BEHIND_FLAG and settings.include_partial):
        return None
    return _behind_flag(category, "include_partial")


def check_rag(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Accepted and partially accepted pass; in review passes with `include_review`."""
    category = candidate.run.category
    if category in RAG_NEVER:
        return Finding(
            QuarantineReason.UNSAFE_RAG_CATEGORY, "rag_never", f"{category} is never retrieved"
        )
    if category in _RAG_OPEN or (category in _RAG_BEHIND_FLAG and settings.include_review):
        return None
    return _behind_flag(category, "include_review")


def check_pair(candidate: PairCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Accepted is chosen; rejected or partially accepted is rejected; no flag changes that."""
    chosen, rejected = candidate.chosen.run.category, candidate.rejected.run.category
    if chosen in _OPEN and rejected in _REJECTED:
        return None
    return Finding(
        QuarantineReason.CATEGORY_DISALLOWED,
        "pair_categories",
        f"{chosen} can't be chosen over {rejected}",
    )


def _behind_flag(category: Category, flag: str) -> Finding:
    return Finding(
        QuarantineReason.CATEGORY_DISALLOWED, "behind_flag", f"{category} needs {flag} = true"
    )
