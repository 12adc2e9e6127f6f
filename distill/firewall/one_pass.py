"""One pass over all texts of some runs for the needles of several gates, dealt out to each.

In most runs the pass costs more than all that the rules do at their needles, so it is made once.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import accumulate
from typing import Final, TypeAlias

from distill.firewall.injected_instructions import NEEDLES as INSTRUCTIONS
from distill.firewall.looking import joined_together, seen
from distill.firewall.needles import Hit, RuleNeedles
from distill.firewall.personal_rules import PERSONAL_RULES
from distill.firewall.secret_rules import SECRET_RULES
from distill.records.run_texts import RunTexts

#: The hits of each of the rules.
Dealt: TypeAlias = tuple[list[Hit], list[Hit], list[Hit]]

#: More hits than that are not kept: a hostile text has one at every byte.
_MOST_HITS: Final = 10_000


class Rules(IntEnum):
    """Whose needles are looked for."""

    SECRETS = 0
    PERSONS = 1
    INSTRUCTIONS = 2


def hits_in(texts: RunTexts, rules: Rules) -> Sequence[Hit] | None:
    """Return where the needles of some rules stand in a run's joined texts, in the order of ends.

    Null where too much is found to be kept: then each looks for its own.
    """
    hits = seen(texts, _dealt)
    return None if hits is None else hits[rules]


def _dealt(runs: Sequence[RunTexts]) -> list[Dealt | None]:
    """Return for each run the hits of each of the rules; null of one that has too many."""
    needles, owners = _needles()
    raw, begins = joined_together(runs)
    dealt: list[Dealt] = [([], [], []) for _ in runs]
    at = 0
    for number, (rule, start, end) in enumerate(needles.hits(raw)):
        if number == _MOST_HITS:
            return [None] if len(runs) == 1 else [_dealt((run,))[0] for run in runs]
        while end > begins[at + 1]:
            at += 1
        of, first = owners[rule]
        dealt[at][of].append((rule - first, start - begins[at], end - begins[at]))
    return list(dealt)


@cache
def _needles() -> tuple[RuleNeedles, list[tuple[int, int]]]:
    """Return the needles of all rules, and of each rule whose it is and the first of those."""
    groups = (
        [rule.needles for rule in SECRET_RULES],
        [rule.needles for rule in PERSONAL_RULES],
        [INSTRUCTIONS],
    )
    firsts = accumulate(map(len, groups), initial=0)
    owners = [
        (of, first)
        for of, (group, first) in enumerate(zip(groups, firsts, strict=False))
        for _ in group
    ]
    return RuleNeedles(needles for group in groups for needles in group), owners
