"""Gate: no credential stands in the run's texts.

The rules (`distill.firewall.secret_rules`) are tried only where one of their needles stands.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from distill.firewall.encodings import follows_escape
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.marking import Span, observe_marks
from distill.firewall.needles import Hit, RuleNeedles
from distill.firewall.one_pass import Rules, hits_in
from distill.firewall.redaction import finding_of
from distill.firewall.secret_rules import SECRET_RULES, SecretRule
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts

NAME: Final = "secret_detected"
VERSION: Final = 4

_NEEDLES: Final = RuleNeedles(rule.needles for rule in SECRET_RULES)
_WORD: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def observe(texts: RunTexts) -> Observation | None:
    """Mark every credential in the texts."""
    return observe_marks(texts, VERSION, scan, hits_in(texts, Rules.SECRETS))


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no credential was found that has to keep the run out."""
    return finding_of(candidate, settings.firewall, NAME, scan)


def scan(raw: bytes, hits: Iterable[Hit] | None = None) -> Iterator[Span]:
    """Yield the credentials in some bytes; of one rule, none that begins within another.

    ``hits`` are where the rules' needles stand, if that is known. What one rule finds hides nothing
    from the others: a setting may ignore that rule.
    """
    covered: dict[str, int] = {}
    for number, start, _ in _NEEDLES.hits(raw) if hits is None else hits:
        rule = SECRET_RULES[number]
        if start < covered.get(rule.name, 0):
            continue
        found = _find(rule, raw, start)
        if found is not None:
            covered[rule.name] = found.end
            yield found


def _find(rule: SecretRule, raw: bytes, start: int) -> Span | None:
    if rule.lead:
        before = raw[max(0, start - rule.lead_length) : start]
        start -= len(before) - len(before.rstrip(rule.lead))
    if not (rule.is_within or rule.lead or begins_word(raw, start)):
        return None
    found = rule.pattern.match(raw, start)
    if found is None:
        return None
    group = "key" if "key" in rule.pattern.groupindex else 0
    if not rule.accepts(found[group]):
        return None
    return Span(found.start(group), found.end(group), rule.name)


def begins_word(raw: bytes, start: int) -> bool:
    """Say whether no letter or digit stands before a place; an escape, as of JSON, is none."""
    if start == 0 or raw[start - 1] not in _WORD:
        return True
    return follows_escape(raw, start)
