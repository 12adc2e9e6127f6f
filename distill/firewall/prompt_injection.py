"""Gate: no text hides what it says, and the agent follows nobody but those who gave the task."""

from itertools import islice
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.hidden_characters import hidden_characters, may_hide
from distill.firewall.injected_instructions import followed_instructions
from distill.firewall.observation import finding_by_rule, marks_of
from distill.firewall.one_pass import Rules, hits_in
from distill.records.evidence import Mark, Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "prompt_injection"
VERSION: Final = 2
_REASON: Final = QuarantineReason.PROMPT_INJECTION
_MOST_MARKS: Final = 50
_FOLLOWED: Final = frozenset({"followed_instruction", "followed_by"})


def observe(texts: RunTexts) -> Observation | None:
    """Tell where characters are hidden and instructions followed, the first 50 of each."""
    may_be_hidden = may_hide(texts.joined.raw)
    if not may_be_hidden and hits_in(texts, Rules.INSTRUCTIONS) == []:
        return None
    places = texts.all if may_be_hidden else ()
    hidden = (mark for text in places if not text.is_number for mark in hidden_characters(text))
    followed = followed_instructions(texts.messages or (), is_told=texts.is_observed)
    marks = (*islice(followed, _MOST_MARKS), *islice(hidden, _MOST_MARKS))
    return Observation(version=VERSION, marks=marks) if marks else None


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing is hidden and nothing followed."""
    return finding_by_rule(_REASON, _counted(candidate, settings))


def check_hidden(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing is hidden: for the rejected side, which may follow what it should not."""
    marks = _counted(candidate, settings)
    return finding_by_rule(_REASON, [mark for mark in marks if mark.rule not in _FOLLOWED])


def _counted(candidate: RunCandidate, settings: GateSettings) -> list[Mark]:
    ignored = set(settings.firewall.prompt_injection.ignore)
    if "followed_instruction" in ignored:
        ignored |= _FOLLOWED
    return marks_of(candidate, NAME, _REASON, ignored)
