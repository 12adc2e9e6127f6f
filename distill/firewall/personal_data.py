"""Gate: nothing in the run's texts names a person: addresses, lines, accounts, machines' owners.

The rules (`distill.firewall.personal_rules`) are asked only where one of their needles stands.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.marking import Span, observe_marks
from distill.firewall.needles import Needles, needles_of
from distill.firewall.personal_rules import PERSONAL_RULES
from distill.firewall.redaction import finding_of
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts

NAME: Final = "personal_data"
VERSION: Final = 3


def observe(texts: RunTexts) -> Observation | None:
    """Mark everything in the texts that names a person."""
    return observe_marks(texts, VERSION, scan)


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing was found, or all of it can be replaced."""
    return finding_of(candidate, settings.firewall, NAME, scan)


def scan(raw: bytes) -> Iterator[Span]:
    """Yield what names a person in some bytes."""
    needles, rules = _looked_for()
    looked = [0] * len(PERSONAL_RULES)
    for number, start, end in needles.hits(raw):
        for place in rules[number]:
            if start < looked[place]:
                continue
            found = PERSONAL_RULES[place].find(raw, start, end)
            if isinstance(found, Span):
                looked[place] = found.end
                yield found
            elif found is not None:
                looked[place] = found


@cache
def _looked_for() -> tuple[Needles, list[list[int]]]:
    return needles_of(rule.needles for rule in PERSONAL_RULES)
