"""Inspect's scores as verdicts: who judged, and what the value means.

Source of the form: inspect_ai's `scorer/_metric.py`: a score is ``{value, answer, explanation,
reason, metadata, history}``; its value a text, a number, a boolean, or a list or object of them.
``C`` is correct, ``P`` partially, ``I`` incorrect, ``N`` no answer; NaN is "not scored". `history`
holds the original and each edit, an edit with its `provenance`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.records.evidence import Verdict
from distill.records.pointers import escape_token
from distill.records.taxonomy import Polarity, VerdictOrigin, VerdictOutcome
from distill.sources.inspect_events import ToldByEvents
from distill.sources.inspect_settings import InspectSettings
from distill.sources.strict_json import name_type
from distill.sources.verdict_map import outcome_of_share

_OUTCOMES: Final = {
    "C": VerdictOutcome.ACCEPTED,
    "P": VerdictOutcome.PARTIALLY_ACCEPTED,
    "I": VerdictOutcome.REJECTED,
    "N": VerdictOutcome.REJECTED,
}
_NOT_SCORED: Final = ("NaN", "Infinity", "-Infinity")
_OF_THE_INSTRUMENT: Final = ("grader_failed", "scoring_failed")
_OF_THE_MODEL: Final = ("invalid_response_format", "refusal", "no_response")
_UNCHANGED: Final = "UNCHANGED"
_MODEL_GRADED: Final = "model_graded"


def read_scores(
    sample: Mapping[str, Any],
    spec: Mapping[str, Any],
    told: ToldByEvents,
    settings: InspectSettings,
) -> Iterator[Verdict]:
    """Yield the verdicts of a sample's scores, in the log's order; `spec` is the log's `eval`."""
    scores = sample.get("scores")
    if isinstance(scores, dict):
        named = [(name, score, f"/scores/{escape_token(name)}") for name, score in scores.items()]
    else:
        named = [("score", sample["score"], "/score")] if sample.get("score") is not None else []
    for name, score, pointer in named:
        reader = _Score(name, pointer, spec, told, settings, _ending(sample))
        yield from reader.verdicts(score)


class _Score:
    """Reads one scorer's score; `ending` says how a limit ended the run, "" where none did."""

    def __init__(
        self,
        name: str,
        pointer: str,
        spec: Mapping[str, Any],
        told: ToldByEvents,
        settings: InspectSettings,
        ending: str,
    ) -> None:
        self._name = name
        self._pointer = pointer
        self._settings = settings
        self._ending = ending
        base = name.rpartition("/")[2]
        judges = told.judges.get(name) or told.judges.get(base) or []
        is_graded = base.startswith(_MODEL_GRADED)
        self._judges = judges or (judges_by_options(base, spec) if is_graded else [])
        self._origin = VerdictOrigin.DETERMINISTIC_CHECK
        if judges or is_graded:
            self._origin = VerdictOrigin.MODEL_JUDGE
        elif name in told.in_sandbox or base in told.in_sandbox:
            self._origin = VerdictOrigin.TEST_HARNESS

    def verdicts(self, score: Any) -> Iterator[Verdict]:
        """Yield the verdict of the score as it stands, and of the original where one was edited."""
        if not isinstance(score, dict):
            score = {"value": score}
        reason = score.get("reason")
        edits = score.get("history")
        edits = [one for one in edits if isinstance(one, dict)] if isinstance(edits, list) else []
        by_people = [one for one in edits if one.get("provenance") and _changes(one)]
        origin = VerdictOrigin.HUMAN_REVIEW if by_people else None
        yield from self._values(score.get("value"), reason, f"{self._pointer}/value", origin)
        original = edits[0] if edits else {}
        if by_people and not original.get("provenance") and _changes(original):
            pointer = f"{self._pointer}/history/0/value"
            yield from self._values(original.get("value"), None, pointer, None)

    def _values(
        self, value: Any, reason: Any, pointer: str, origin: VerdictOrigin | None
    ) -> Iterator[Verdict]:
        named = [(self._name, value, pointer)]
        if isinstance(value, dict):
            named = [
                (f"{self._name}/{key}", one, f"{pointer}/{escape_token(key)}")
                for key, one in value.items()
                if one is not None
            ]
        wanted = self._settings.scorers
        for name, one, place in named:
            if not wanted or self._name in wanted or name in wanted:
                yield from self._verdicts(name, one, reason, place, origin)

    def _verdicts(
        self, name: str, value: Any, reason: Any, pointer: str, origin: VerdictOrigin | None
    ) -> Iterator[Verdict]:
        """Yield one verdict, of several models one for each."""
        told = self._settings.scores.get(name)
        outcome, detail = _outcome(value, reason)
        if told is not None and outcome is not VerdictOutcome.INSTRUMENT_FAILURE:
            outcome = told.outcome(value)
        if outcome is VerdictOutcome.REJECTED and self._ending:
            detail = ", ".join(filter(None, (detail, self._ending)))
        origin = origin or (self._origin if told is None else told.origin)
        judges: list[str | None] = [*self._judges] if origin is VerdictOrigin.MODEL_JUDGE else []
        for judge in judges or [None]:
            yield Verdict(
                name=name,
                value=value,
                origin=origin,
                polarity=Polarity.HIGHER_IS_BETTER if told is None else told.polarity,
                outcome=outcome,
                pointer=pointer,
                detail=detail,
                judge=judge,
            )


def _outcome(value: Any, reason: Any) -> tuple[VerdictOutcome | None, str]:
    """Return what a value means, and what is to be said of it."""
    if reason in _OF_THE_INSTRUMENT:
        return VerdictOutcome.INSTRUMENT_FAILURE, str(reason)
    said = str(reason) if reason in _OF_THE_MODEL else ""
    if value in _NOT_SCORED and said:
        return VerdictOutcome.UNREADABLE, f"not scored: {said}"
    if value in _NOT_SCORED:
        return VerdictOutcome.INSTRUMENT_FAILURE, "not scored (NaN)"
    if isinstance(value, int | float):  # a boolean, too, as Inspect reads it
        return outcome_of_share(value), said
    if isinstance(value, str) and value in _OUTCOMES:
        return _OUTCOMES[value], said or ("no answer" if value == "N" else "")
    kind = "a text that is none of C, P, I, N" if isinstance(value, str) else name_type(value)
    return VerdictOutcome.UNREADABLE, f"its value is {kind}"


def _changes(edit: Mapping[str, Any]) -> bool:
    return bool(edit.get("value", _UNCHANGED) != _UNCHANGED)


def _ending(sample: Mapping[str, Any]) -> str:
    limit = sample.get("limit")
    if not isinstance(limit, dict):
        return ""
    kind = str(limit.get("type"))
    return f"truncated (limit: {kind if kind.isidentifier() else 'unknown'})"


def judges_by_options(scorer: str, spec: Mapping[str, Any]) -> list[str]:
    """Return the models that the header names for a model-graded scorer, none where it names none.

    That is the scorer's option `model`, else the model of the role `grader`, else the model that
    was evaluated, as inspect_ai's `model_graded_qa` chooses.
    """
    scorers = spec.get("scorers")
    for one in scorers if isinstance(scorers, list) else ():
        name = str(one.get("name")).rpartition("/")[2] if isinstance(one, dict) else None
        options = one.get("options") if name == scorer else None
        model = options.get("model") if isinstance(options, dict) else None
        if isinstance(model, list):
            return sorted(map(str, model))
        if isinstance(model, str):
            return [model]
    roles = spec.get("model_roles")
    grader = roles.get("grader") if isinstance(roles, dict) else None
    grader = grader.get("model") if isinstance(grader, dict) else grader
    model = grader or spec.get("model")
    return [model] if isinstance(model, str) else []
