"""Gate: the run's texts are under a licence that the workspace allows.

The licence is what the source's table says. One that nobody knows is never allowed; without an
allow-list every other one is. Names that are no SPDX identifiers, such as ``proprietary``, are
allowed where they are listed.
"""

from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.spdx import NoExpressionError, is_allowed
from distill.records.taxonomy import QuarantineReason

NAME: Final = "licence_disallowed"

#: What people write where they don't know; NOASSERTION and NONE are SPDX's own words for it.
UNKNOWN: Final = frozenset({"", "unknown", "noassertion", "none", "other", "undeclared", "?"})


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where the licence is known and, with an allow-list, is on it."""
    licence = candidate.evidence.licence.strip()
    if licence.lower() in UNKNOWN:
        return _finding("unknown_licence", "nobody knows under which licence its texts are")
    allowed = settings.firewall.licence_disallowed.allow
    if allowed is None:
        return None
    listed = {" ".join(name.lower().split()) for name in allowed}
    if licence.lower() in listed:
        return None
    try:
        if is_allowed(licence, listed):
            return None
    except NoExpressionError as error:
        return _finding("no_expression", f"its licence is no SPDX expression: {error}")
    return _finding("not_listed", f"its licence {licence} is not in allow")


def _finding(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.LICENCE_DISALLOWED, rule, detail)
