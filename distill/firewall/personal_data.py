"""Gate: nothing in the run's texts names a person: addresses, lines, accounts, machines' owners.

The rules (`distill.firewall.personal_rules`) are asked only where one of their needles stands.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.marking import Span, marks_of_origin, observe_marks
from distill.firewall.needles import Needles, folded
from distill.firewall.observation import observation_of
from distill.firewall.personal_rules import PERSONAL_RULES
from distill.firewall.redaction import finding_of
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "personal_data"
VERSION: Final = 2

_REASON: Final = QuarantineReason.PERSONAL_DATA


def observe(texts: RunTexts) -> Observation | None:
    """Mark everything in the texts that names a person."""
    return observe_marks(texts, VERSION, scan)


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing was found, or all of it can be replaced."""
    observation_of(candidate, NAME, _REASON)
    firewall = settings.firewall
    marks = (
        *firewall.counted_marks(NAME, candidate.evidence.facts.observed),
        *firewall.not_ignored(NAME, marks_of_origin(candidate.evidence, scan)),
    )
    return finding_of(candidate, NAME, marks, firewall.personal_data.action)


def scan(raw: bytes) -> Iterator[Span]:
    """Yield what names a person in some bytes."""
    needles, rules = _looked_for()
    looked = [0] * len(PERSONAL_RULES)
    for number, start, end in needles.hits(raw):
        for place in rules[needles.needles[number]]:
            if start < looked[place]:
                continue
            found = PERSONAL_RULES[place].find(raw, start, end)
            if isinstance(found, Span):
                looked[place] = found.end
                yield found
            elif found is not None:
                looked[place] = found


@cache
def _looked_for() -> tuple[Needles, Mapping[bytes, list[int]]]:
    """Return all needles, and the places in the table of the rules of each."""
    rules: dict[bytes, list[int]] = {}
    for place, rule in enumerate(PERSONAL_RULES):
        for needle in rule.needles:
            rules.setdefault(folded(needle.encode()), []).append(place)
    return Needles(needle for rule in PERSONAL_RULES for needle in rule.needles), rules
