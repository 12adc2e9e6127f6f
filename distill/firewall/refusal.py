"""Gate: the run does not end in a refusal by rote.

Looked at is what the agent said last (`last_words`): its last turn, or the text of the one act by
which it ended its run, and only where that is short and holds no code. It must begin with the
refusal, and refuse the request as such ("I can't help with that"): an agent that says what a rule
of its desk does not allow has done its work.
"""

import re
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.last_words import Said, last_words
from distill.firewall.observation import finding_by_rule, marks_of
from distill.records.evidence import Mark, Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "refusal"
VERSION: Final = 2
_REASON: Final = QuarantineReason.REFUSAL

#: Longer turns explain something.
_MOST_CHARS: Final = 800
#: Where a refusal begins, counted in characters from the turn's first.
_OPENING: Final = 160

_CANNOT: Final = (
    r"(?:can(?:'t|not| not)|could(?:n't| not)|won't|(?: am|'m) (?:un|not )able to"
    r"|must (?:decline|refuse) to)"
)
_HELP: Final = (
    r"(?:assist|help|comply|fulfil+|complete|continue|proceed|provide|engage|do|answer|respond"
    r"|support|discuss|participate)"
)
_REQUEST: Final = (
    r"(?: you)?(?: with| to| in)?(?: that| this| your| the| such)(?: (?:kind|type|sort) of)?"
    r"(?: requests?| tasks?| questions?| topics?| conversations?| information| content"
    r"| assistance)?\b"
    r"(?=[.,;:!]|$| (?:request|as|because|since|due|at|further|any))"
)
_REFUSALS: Final = re.compile(
    rf"\bI ?{_CANNOT} {_HELP}{_REQUEST}"
    r"|\bas an (?:AI|artificial intelligence)(?: language)?(?: model| assistant)?,? I"
    r"(?: am not able| cannot| can't| don't| do not| won't| am unable| must)"
    r"|\b(?:against|violates?) (?:my|our|OpenAI's|the) (?:guidelines|programming|content policy"
    r"|usage polic(?:y|ies)|use[- ]case policy)"
    r"|\b(?:that|this)(?:'s| is) (?:not something I (?:can|am able)|something I can(?:not|'t))\b"
    r"|\bI(?: must|'ll have to| have to) (?:respectfully )?(?:decline|refuse)\b",
    re.IGNORECASE,
)
#: Each match holds one of these, in small letters.
_NEEDLES: Final = (
    *("can", "could", "won't", "able to", "decline", "refuse", "as an ai", "as an artificial"),
    *("against", "violate", "something i"),
)


def observe(texts: RunTexts) -> Observation | None:
    """Tell where the last turn, or the act that ended the run, refuses."""
    marks = tuple(filter(None, map(_refused, last_words(texts.messages or ()))))
    return Observation(version=VERSION, marks=marks) if marks else None


def _refused(said: Said) -> Mark | None:
    text = said.text.strip()
    if not text or len(text) > _MOST_CHARS or "```" in text:
        return None
    opening = text[:_OPENING].replace("\u2019", "'")
    found = _REFUSALS.search(opening) if _may_refuse(opening) else None
    if found is None:
        return None
    if said.is_act:
        return Mark(rule="last_act", at=said.at, start=said.start, end=said.end)
    begin = said.text.index(text)
    return Mark(rule="last_turn", at=said.at, start=begin + found.start(), end=begin + found.end())


def _may_refuse(opening: str) -> bool:
    """Say whether a text holds a needle, or letters that a pattern may take for those of one."""
    lower = opening.lower()
    return not opening.isascii() or any(one in lower for one in _NEEDLES)


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where what was said last is no refusal."""
    return finding_by_rule(_REASON, marks_of(candidate, NAME, _REASON))
