"""What a gate reads of the evidence that its own observer left there."""

from collections.abc import Container, Sequence

from distill.firewall.finding import Finding, RunCandidate
from distill.records.evidence import Mark, Observation
from distill.records.taxonomy import QuarantineReason

_SHOWN = 3
_LONGEST_NAME = 60  # a longer one is a text


class UndecidedError(Exception):
    """A gate can't judge a candidate, which then stays out under the rule `undecided`."""

    def __init__(self, reason: QuarantineReason, why: str) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


def observation_of(
    candidate: RunCandidate, name: str, reason: QuarantineReason
) -> Observation | None:
    """Return what the observer of gate `name` found, null where it found nothing.

    Raises:
        UndecidedError: it could not judge, or no observer was asked about this run.
    """
    facts = candidate.evidence.facts
    if facts.observers is None:
        raise UndecidedError(reason, "its evidence was built without observers")
    told = facts.observed.get(name)
    if told is not None and told.undecided is not None:
        raise UndecidedError(reason, told.undecided)
    return told


def marks_of(
    candidate: RunCandidate, name: str, reason: QuarantineReason, ignored: Container[str] = ()
) -> list[Mark]:
    """Return the marks of the observer of gate `name` whose rules are not to be ignored.

    Raises:
        UndecidedError: as `observation_of`.
    """
    told = observation_of(candidate, name, reason)
    return [] if told is None else [mark for mark in told.marks if mark.rule not in ignored]


def finding_by_rule(reason: QuarantineReason, marks: Sequence[Mark]) -> Finding | None:
    """Return the finding of marks by the rule of the first; null where there are none."""
    return finding_of_marks(reason, marks[0].rule, marks) if marks else None


def finding_of_marks(reason: QuarantineReason, rule: str, marks: Sequence[Mark]) -> Finding:
    """Return the finding that names what was found where; the text itself is never quoted."""
    places = [
        f"{one.rule} at {place_of(one)}, characters {one.start} to {one.end}"
        for one in marks[:_SHOWN]
    ]
    more = f"; and {len(marks) - _SHOWN} more" if len(marks) > _SHOWN else ""
    return Finding(reason, rule, "; ".join(places) + more)


def place_of(mark: Mark) -> str:
    """Return where a mark is; a member whose name is marked, or is long, is not named."""
    *parents, last = (one if len(one) <= _LONGEST_NAME else "…" for one in mark.at.split("/"))
    above = "/".join(parents)
    return f"a member's name in {above}" if mark.in_key else f"{above}/{last}"
