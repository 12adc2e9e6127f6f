"""What a score means that a tracing system keeps under a name: which way it points, and how far.

Such systems keep numbers of any polarity side by side: ``hallucination = 1`` is bad,
``correctness = 1`` is good. So a number is read by its name alone:

1. The settings of its name, where there are any.
2. Else what its name is known for (`KNOWN`). A score that speaks of one flaw speaks *against* a run
   only: an answer without poison is not yet a right answer, so its good end is no verdict.
3. Else it stays undecided: the policy's thresholds measure it, and without them a person decides.

What is known of a name holds between 0 and 1. Beyond them, on other scales, a score is undecided.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from distill.records.evidence import Verdict
from distill.records.taxonomy import Polarity, VerdictOrigin, VerdictOutcome
from distill.sources.verdict_map import Thresholds, ValueLists

_HIGHER, _LOWER = Polarity.HIGHER_IS_BETTER, Polarity.LOWER_IS_BETTER


class Use(StrEnum):
    """What a score may say of a run: all, only that it is bad, or nothing."""

    VERDICT = "verdict"
    AGAINST = "against"
    IGNORE = "ignore"


class ScoreSettings(ValueLists):
    """How the scores of one name are read; what is left out is what the name is known for.

    `accepted` and its like are values or labels as found, compared by JSON type; `thresholds` are
    for numbers. `judge` is the model that gave them, where they are a model's.
    """

    use: Use | None = None
    polarity: Polarity | None = None
    origin: VerdictOrigin | None = None
    judge: str | None = None
    thresholds: Thresholds | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    use: Use
    polarity: Polarity


_VERDICT: Final = _Known(Use.VERDICT, _HIGHER)
_FLAW: Final = _Known(Use.AGAINST, _LOWER)
_QUALITY: Final = _Known(Use.AGAINST, _HIGHER)

#: Names as the evaluators of Langfuse, Ragas, Phoenix and DeepEval give them.
KNOWN: Final[Mapping[str, _Known]] = {
    **dict.fromkeys(
        ("correctness", "answer_correctness", "accuracy", "exact_match", "is_correct"), _VERDICT
    ),
    **dict.fromkeys(("goal_accuracy", "task_completion", "task_success", "success"), _VERDICT),
    **dict.fromkeys(("user_feedback", "thumbs", "thumbs_up"), _VERDICT),
    **dict.fromkeys(("hallucination", "toxicity", "bias", "harmfulness", "maliciousness"), _FLAW),
    **dict.fromkeys(("faithfulness", "groundedness", "helpfulness", "relevance"), _QUALITY),
    **dict.fromkeys(("answer_relevance", "answer_relevancy"), _QUALITY),
}
_LABELS: Final[Mapping[str, VerdictOutcome]] = {
    **dict.fromkeys(("pass", "passed", "correct"), VerdictOutcome.ACCEPTED),
    **dict.fromkeys(("fail", "failed", "incorrect"), VerdictOutcome.REJECTED),
}
_SEPARATORS: Final = re.compile(r"[\s_-]+")
_BAD_HALF: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundScore:
    """A score as logged: its number or truth, its label, and who gave it."""

    name: str
    value: Any
    label: str | None
    origin: VerdictOrigin
    pointer: str


def read_score(score: FoundScore, settings: Mapping[str, ScoreSettings]) -> Verdict | None:
    """Return the verdict of a score; null where it says nothing of the run.

    The number is kept as found, or the label where there is no number.
    """
    given = settings.get(score.name) or ScoreSettings()
    known = KNOWN.get(plain_name(score.name))
    use = given.use or (known.use if known else Use.VERDICT)
    polarity = given.polarity or (known.polarity if known else _HIGHER)
    if use is Use.IGNORE:
        return None
    outcome, detail = _outcome(score, given, known, polarity)
    is_good = outcome in (VerdictOutcome.ACCEPTED, VerdictOutcome.PARTIALLY_ACCEPTED)
    if use is Use.AGAINST and (is_good or (outcome is None and _is_unit(score.value))):
        return None
    return Verdict(
        name=score.name,
        value=score.label if score.value is None else score.value,
        origin=given.origin or score.origin,
        judge=given.judge,
        polarity=polarity,
        outcome=outcome,
        pointer=score.pointer,
        detail=detail,
    )


def plain_name(name: str) -> str:
    """Return a name in small letters with single underscores: ``User Feedback``, user_feedback."""
    return _SEPARATORS.sub("_", name.strip().lower())


def _outcome(
    score: FoundScore, given: ScoreSettings, known: _Known | None, polarity: Polarity
) -> tuple[VerdictOutcome | None, str]:
    """Return what value and label say together, and why they can't be read where they can't."""
    if score.value is None and score.label is None:
        return VerdictOutcome.UNREADABLE, "the score has neither a value nor a label"
    if score.value is not None and not isinstance(score.value, bool | int | float):
        return VerdictOutcome.UNREADABLE, "the score's value is no number"
    by_label = _of_label(score.label, given)
    by_value = _of_value(score.value, given, known, polarity)
    if by_label is not None and by_value is not None and by_label is not by_value:
        return VerdictOutcome.UNREADABLE, "the score's label and its value contradict each other"
    outcome = by_label or by_value
    if outcome is None and score.value is None:
        return VerdictOutcome.UNREADABLE, "the label's meaning is set nowhere"
    return outcome, ""


def _of_label(label: str | None, given: ScoreSettings) -> VerdictOutcome | None:
    if label is None:
        return None
    return given.listed(label) or _LABELS.get(label.strip().lower())


def _of_value(
    value: Any, given: ScoreSettings, known: _Known | None, polarity: Polarity
) -> VerdictOutcome | None:
    if value is None:
        return None
    found = given.listed(value)
    if found is not None:
        return found
    if given.thresholds is not None:
        return given.thresholds.outcome(value, polarity)
    # A setting that turns a name round makes it known, too.
    if (known is None and given.polarity is None) or not _is_unit(value):
        return None
    goodness = float(value) if polarity is _HIGHER else 1 - float(value)
    use = given.use or (known.use if known else Use.VERDICT)
    if use is Use.AGAINST:
        return VerdictOutcome.REJECTED if goodness < _BAD_HALF else None
    ends = {1.0: VerdictOutcome.ACCEPTED, 0.0: VerdictOutcome.REJECTED}
    return ends.get(goodness)


def _is_unit(value: Any) -> bool:
    return isinstance(value, bool | int | float) and 0 <= value <= 1
