"""Gate: nothing in the run's texts names a person: addresses, lines, accounts, machines' owners.

The rules (`distill.firewall.personal_rules`) are asked only where one of their needles stands.
Names of persons (`distill.firewall.person_names`) are looked for where there is a model to ask.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.marking import Span, observe_marks
from distill.firewall.needles import Hit, RuleNeedles
from distill.firewall.one_pass import Rules, hits_in
from distill.firewall.person_names import FindNames, names_of
from distill.firewall.personal_rules import PERSONAL_RULES
from distill.firewall.redaction import finding_of
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts

NAME: Final = "personal_data"
VERSION: Final = 5

_NEEDLES: Final = RuleNeedles(rule.needles for rule in PERSONAL_RULES)


def observe(texts: RunTexts, find_names: FindNames | None = None) -> Observation | None:
    """Mark everything in the texts that names a person; names, where something finds them."""
    hits = hits_in(texts, Rules.PERSONS)
    if find_names is None:
        return observe_marks(texts, VERSION, scan, hits)
    names = names_of(texts.joined, find_names)

    def scan_with_names(raw: bytes, hits: Iterable[Hit] | None = None) -> Iterator[Span]:
        yield from scan(raw, hits)
        yield from names.scan(raw)

    return observe_marks(texts, VERSION, scan_with_names, hits, names.spans)


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing was found, or all of it can be replaced."""
    return finding_of(candidate, settings.firewall, NAME, scan)


def scan(raw: bytes, hits: Iterable[Hit] | None = None) -> Iterator[Span]:
    """Yield what names a person in some bytes.

    ``hits`` are where the rules' needles stand, if that is known.
    """
    looked = [0] * len(PERSONAL_RULES)
    for place, start, end in _NEEDLES.hits(raw) if hits is None else hits:
        if start < looked[place]:
            continue
        found = PERSONAL_RULES[place].find(raw, start, end)
        if isinstance(found, Span):
            looked[place] = found.end
            yield found
        elif found is not None:
            looked[place] = found
