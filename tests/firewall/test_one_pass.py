"""What one pass deals out to the gates is what each would have found for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall import one_pass, personal_data, secret_detected
from distill.firewall.injected_instructions import NEEDLES
from distill.firewall.needles import RuleNeedles
from distill.firewall.observing import Observe
from distill.firewall.one_pass import Rules, hits_in
from distill.firewall.personal_rules import PERSONAL_RULES
from distill.firewall.secret_rules import SECRET_RULES
from distill.records.run_texts import RunTexts
from tests.firewall.hostile import HOSTILE

_OWN = {
    Rules.SECRETS: RuleNeedles(rule.needles for rule in SECRET_RULES),
    Rules.PERSONS: RuleNeedles(rule.needles for rule in PERSONAL_RULES),
    Rules.INSTRUCTIONS: RuleNeedles([NEEDLES]),
}
_PIECES = [
    *(
        needle
        for rules in (SECRET_RULES, PERSONAL_RULES)
        for one in rules
        for needle in one.needles
    ),
    *NEEDLES,
    *HOSTILE,
    *("x", " ", "7", "\n"),
]


@given(said=st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_each_gets_its_own(said: str) -> None:
    """Number of the rule, start, end, in the same order."""
    texts = RunTexts(text=said)
    for rules, needles in _OWN.items():
        assert hits_in(texts, rules) == list(needles.hits(texts.joined.raw))


@pytest.mark.parametrize("observe", [secret_detected.observe, personal_data.observe])
def test_too_many_hits_are_not_kept_and_nothing_is_missed(
    observe: Observe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text of nothing but needles takes no memory for them, and is marked all the same."""
    said = "mail to ada@lovelace.name, key AKIAQ3X7ZL5WMN2PRT6V " * 3
    told = observe(RunTexts(text=said))
    assert told is not None
    assert {mark.rule for mark in told.marks} <= {"email", "aws_access_key_id"}
    monkeypatch.setattr(one_pass, "_MOST_HITS", 2)
    texts = RunTexts(text=said)
    assert hits_in(texts, Rules.SECRETS) is None
    assert observe(texts) == told
