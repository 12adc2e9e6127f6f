"""Gate: no row of a lesser split is like one of a better protected split.

Scoring leaves in a scored run the smallest position among the groups whose prompts are like its own
(`distill.stages.near_duplicates`), where that is smaller than the run's.
"""

from distill.firewall import near_duplicate
from distill.firewall.finding import Finding, GateSettings, PairCandidate, RunCandidate
from distill.firewall.observation import observation_of
from distill.firewall.splits import Splits, position_of
from distill.records.taxonomy import QuarantineReason


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no prompt like the run's belongs to a better protected split."""
    if settings.splits is None:
        return None
    _check_compared(candidate)
    return _check_side(candidate, settings.splits, split_of(candidate, settings.splits))


def check_pair(pair: PairCandidate, settings: GateSettings) -> Finding | None:
    """Pass where both sides belong to one split, and no prompt like theirs to a better one."""
    splits = settings.splits
    if splits is None:
        return None
    _check_compared(pair.chosen)
    _check_compared(pair.rejected)
    own, other = split_of(pair.chosen, splits), split_of(pair.rejected, splits)
    if own != other:
        detail = f"the chosen run belongs to {own}, the rejected one to {other}"
        return Finding(QuarantineReason.SPLIT_LEAK, "sides_in_two_splits", detail)
    return _check_side(pair.chosen, splits, own) or _check_side(pair.rejected, splits, own)


def split_of(candidate: RunCandidate, splits: Splits) -> str:
    """Return the split that a run's group belongs to."""
    return splits.split_at(position_of(candidate.evidence))


def _check_compared(candidate: RunCandidate) -> None:
    """Raise where nobody could tell which prompts are like the run's.

    Raises:
        UndecidedError: the observer of near-duplicates could not judge.
    """
    observation_of(candidate, near_duplicate.NAME, QuarantineReason.SPLIT_LEAK)


def _check_side(candidate: RunCandidate, splits: Splits, own: str) -> Finding | None:
    least = candidate.run.split_floor
    if least is None or splits.split_at(least) == own:
        return None
    detail = f"it belongs to {own}, a prompt like its own to {splits.split_at(least)}"
    return Finding(QuarantineReason.SPLIT_LEAK, "prompt_in_two_splits", detail)
