"""Evaluations in traces: OpenTelemetry's events, and OpenInference's annotations.

An event ``gen_ai.evaluation.result`` has a name, a number or a label or both, and does not say who
evaluated: it ranks lowest unless the settings say more. An annotation says it: a person, a model or
code. An evaluation that ended with an error is the instrument's failure.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.records.evidence import Verdict
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.genai_spans import Event, Span
from distill.sources.named_scores import FoundScore, ScoreSettings, read_score
from distill.sources.span_attributes import unflatten

_EVENT: Final = "gen_ai.evaluation.result"
_PREFIX: Final = "gen_ai.evaluation."
_ORIGINS: Final[Mapping[str, VerdictOrigin]] = {
    "HUMAN": VerdictOrigin.HUMAN_FEEDBACK,
    "LLM": VerdictOrigin.MODEL_JUDGE,
    "CODE": VerdictOrigin.DETERMINISTIC_CHECK,
}


class Evaluations:
    """Reads evaluations by the settings of their names."""

    def __init__(self, scores: Mapping[str, ScoreSettings]) -> None:
        self._scores = scores

    def of_event(self, event: Event) -> Iterator[Verdict]:
        """Yield the verdict of an event, where it is an evaluation's and says something."""
        if event.name != _EVENT:
            return
        body = event.body if isinstance(event.body, dict) else {}
        told = {**body, **event.attributes}
        label = told.get(f"{_PREFIX}score.label")
        place = f"{event.at}/attributes"
        value = told.get(f"{_PREFIX}score.value")
        name = told.get(f"{_PREFIX}name")
        if told.get("error.type"):
            value = label = None
        found = self._read(name, value, label, VerdictOrigin.HEURISTIC, place)
        if found is not None and told.get("error.type"):
            found = found.changed(
                outcome=VerdictOutcome.INSTRUMENT_FAILURE, detail="the evaluation ended in an error"
            )
        if found is not None:
            yield found

    def of_attributes(self, span: Span) -> Iterator[Verdict]:
        """Yield the verdicts of the annotations that a span was exported with."""
        place = f"{span.at}/attributes"
        for prefix in ("annotation.", "evaluation."):
            one = {
                name.removeprefix(prefix): value
                for name, value in span.attributes.items()
                if name.startswith(prefix)
            }
            yield from self._annotation(one, place)
        for found in unflatten(span.attributes, "annotations.") or ():
            inner = found.get("annotation") if isinstance(found, dict) else None
            yield from self._annotation(inner if isinstance(inner, dict) else {}, place)

    def _annotation(self, one: Mapping[str, Any], place: str) -> Iterator[Verdict]:
        kind = str(one.get("annotator_kind", "")).upper()
        origin = _ORIGINS.get(kind, VerdictOrigin.HEURISTIC)
        found = self._read(one.get("name"), one.get("score"), one.get("label"), origin, place)
        if found is not None:
            yield found

    def _read(
        self, name: Any, value: Any, label: Any, origin: VerdictOrigin, place: str
    ) -> Verdict | None:
        if not isinstance(name, str) or not name.strip():
            return None
        settled = self._scores.get(name)
        origin = (settled.origin if settled else None) or origin
        return read_score(
            FoundScore(
                name=name,
                value=value,
                label=label if isinstance(label, str) else None,
                origin=origin,
                pointer=place,
            ),
            self._scores,
        )
