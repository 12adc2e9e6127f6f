"""Source kind ``otel_genai``: OTLP export requests of agents that follow a GenAI convention.

A record is one request, a document or a line; it holds spans of many traces, and a trace's spans
lie in many requests. So records are split by trace, and a run is all that is known of a trace: its
conversation (`distill.sources.traced_conversation`), and the evaluations of its root, of a step
around the conversation or of its last call. A trace without a span of an agent is no run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from pydantic import Field

from distill.records.compact import compact
from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import QuarantineReason
from distill.sources.genai_evaluations import Evaluations
from distill.sources.genai_spans import Event, Span, read_log, read_span, step_of
from distill.sources.guess_verdict import NAME_THE_JUDGE
from distill.sources.messages import violation
from distill.sources.model_calls import last_text
from distill.sources.named_scores import ScoreSettings
from distill.sources.otlp import Placed, is_request, placed, split_off
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RecordError,
    RunDraft,
)
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.span_tree import SpanTree
from distill.sources.traced_conversation import conversation_of

_TRACE_UNKNOWN: Final = ""
_NO_SPANS: Final = "request_without_spans"
_NO_AGENT: Final = "trace_without_agent"


class OtelGenaiSettings(FrozenModel):
    """How the log is laid out, and what evaluations mean, by name."""

    layout: Framing = Framing.AUTO
    records_at: str = ""
    scores: dict[str, ScoreSettings] = Field(default_factory=dict)


@dataclass(slots=True)
class _Trace:
    identity: str
    spans: dict[str, Span] = field(default_factory=dict)
    raw: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    logs: list[tuple[str | None, Event]] = field(default_factory=list)
    log_records: set[str] = field(default_factory=set)


class OtelGenai(Reader):
    """Reads OTLP's JSON."""

    kind: ClassVar[str] = "otel_genai"
    group_by: str | None = "/traceId"

    def __init__(self, settings: OtelGenaiSettings) -> None:
        self.settings = settings
        self.framing = settings.layout
        self.records_at = settings.records_at
        self._evaluations = Evaluations(settings.scores)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; see `OtelGenaiSettings`."""
        return cls(read_settings(OtelGenaiSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files of export requests; one request over several lines is a document."""
        if not records or not all(is_request(row) for row in records):
            return None
        if not any(_holds_spans(row) for row in records):
            return None
        note = (
            "verdict: gen_ai.evaluation.result events and annotations, by name: those that"
            " docs/sources.md lists point the right way, others are undecided until"
            " [sources.NAME.scores.SCORE] says what they mean"
        )
        layout = {"layout": "document"} if len(records) == 1 else {}
        return Recognition(cls.kind, 95, layout, [note, NAME_THE_JUDGE])

    def split(self, row: Any) -> Iterable[tuple[str, Any]]:
        """Yield the spans and log records of each trace that a request tells of."""
        groups: dict[str, list[Placed]] = {}
        for one in _placed(row):
            groups.setdefault(one.trace or _TRACE_UNKNOWN, []).append(one)
        for trace, some in groups.items():
            yield trace, split_off(some)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the runs of the traces that some requests tell of, in their order."""
        traces: dict[str, _Trace] = {}
        is_nameless = False
        for row in rows:
            for one in _placed(row):
                trace = one.trace
                if trace is None:
                    is_nameless = is_nameless or not one.is_log
                    continue
                _add(traces.setdefault(trace, _Trace(trace)), one)
        if not traces:
            if is_nameless:
                raise RecordError(
                    QuarantineReason.MISSING_SOURCE_RUN_ID, "trace_id", "spans without a trace id"
                )
            return [NoRun(_NO_SPANS)]
        return [self._answer(trace) for trace in traces.values()]

    def _answer(self, trace: _Trace) -> Answer:
        _attach_logs(trace)
        spans = trace.spans
        kinds = {identity: span.kind for identity, span in spans.items()}
        if not any(kind in ("call", "around") for kind in kinds.values()):
            return NoRun(_NO_AGENT)
        tree = SpanTree({identity: span.parent for identity, span in spans.items()})
        judging = tree.below(frozenset(i for i, kind in kinds.items() if kind == "judge"))
        steps = [
            step_of(span, tree.depths[identity])
            for identity, span in spans.items()
            if kinds[identity] in ("call", "around") and identity not in judging
        ]
        root = _root(tree)
        final = next((last_text(s.gave.messages) for s in steps if s.identity == root), None)
        said = conversation_of(steps, tree, final)
        judged = {root, said.last} if said.last else {root}
        judged |= tree.marked_above([said.last] if said.last else [])
        return RunDraft(
            logged_run_id=trace.identity,
            messages=said.messages or None,
            tools=said.tools,
            model=said.model,
            verdicts=tuple(self._verdicts(trace, frozenset(judged), said.last)),
            instrument_failure=said.failure,
            cut_short=said.cut_short,
            recorded_at=min(span.start for span in spans.values()) or None,
        )

    def _verdicts(
        self, trace: _Trace, judged: frozenset[str | None], last: str | None
    ) -> Iterator[Verdict]:
        response = trace.spans[last].attributes.get("gen_ai.response.id") if last else None
        for identity, span in trace.spans.items():
            is_judged = identity in judged
            for event in span.events:
                about = event.attributes.get("gen_ai.response.id")
                if is_judged or (about is not None and about == response):
                    yield from self._evaluations.of_event(event)
            if is_judged:
                yield from self._evaluations.of_attributes(span)
        for span_id, event in trace.logs:
            if span_id is None:
                yield from self._evaluations.of_event(event)


def _holds_spans(row: Any) -> bool:
    try:
        return next(placed(row), None) is not None
    except RecordError:
        return False


def _placed(row: Any) -> Iterator[Placed]:
    if not is_request(row):
        raise violation("no_request", "no OTLP request: neither resourceSpans nor resourceLogs")
    return placed(row)


def _add(trace: _Trace, one: Placed) -> None:
    """Put a span or a log record to its trace; one that was exported twice is there once.

    Raises:
        RecordError: a span has no id, or one id is two spans.
    """
    if one.is_log:
        text = compact(one.value)
        if text not in trace.log_records:
            trace.log_records.add(text)
            trace.logs.append(read_log(one))
        return
    span = read_span(one)
    if not span.identity:
        raise RecordError(
            QuarantineReason.MISSING_SOURCE_RUN_ID, "span_id", "a span of the trace has no id"
        )
    known = trace.raw.get(span.identity)
    if known is not None and known != one.value:
        raise RecordError(
            QuarantineReason.DUPLICATE_ID,
            "one_span_several_contents",
            "two spans of the trace have one id and not the same content",
        )
    if known is None:
        trace.raw[span.identity] = one.value
        trace.spans[span.identity] = span


def _attach_logs(trace: _Trace) -> None:
    for span_id, event in trace.logs:
        span = trace.spans.get(span_id) if span_id else None
        if span is not None:
            span.events.append(event)


def _root(tree: SpanTree) -> str | None:
    """Return the step that the trace begins with; null where several have no parent."""
    roots = tree.roots
    return roots[0] if len(roots) == 1 else None
