"""Gate: the run does not end in a refusal by rote.

Looked at is the agent's last turn with a text, and only where it is short, calls nothing and holds
no code. It must begin with the refusal, and refuse the request as such ("I can't help with that"):
an agent that says what a rule of its desk does not allow has done its work.
"""

import re
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.observation import finding_by_rule, marks_of
from distill.records.evidence import Mark, Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "refusal"
VERSION: Final = 1
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


def observe(texts: RunTexts) -> Observation | None:
    """Tell where the last turn refuses."""
    for number in range(len(texts.messages or ()) - 1, -1, -1):
        message = (texts.messages or ())[number]
        if message.role != "assistant" or message.is_blank:
            continue
        content = (message.content or "").strip()
        if message.tool_calls or not content or len(content) > _MOST_CHARS or "```" in content:
            return None
        found = _REFUSALS.search(content[:_OPENING].replace("\u2019", "'"))
        if found is None:
            return None
        begin = (message.content or "").index(content)
        at = f"/messages/{number}/content"
        mark = Mark(rule="last_turn", at=at, start=begin + found.start(), end=begin + found.end())
        return Observation(version=VERSION, marks=(mark,))
    return None


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where the last turn is no refusal."""
    return finding_by_rule(_REASON, marks_of(candidate, NAME, _REASON))
