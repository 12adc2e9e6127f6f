"""What the rows of Langfuse's exports are, and what they say of one trace together.

Four kinds, told apart by their fields (Langfuse's public API, v2 and v3, and its blob exports):

- a trace's document, ``{trace, observations}``, or a trace with its observations and scores inside;
- a trace by itself (``timestamp``, and no ``traceId``);
- an observation (``traceId``, ``type``, ``startTime``), old or of the observation-first model,
  where the trace's own fields stand on each observation (``isRootObservation``, ``traceName``);
- a score (``dataType`` or ``source``): of v2 with ``traceId`` and ``stringValue``, of v3 with a
  ``subject``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from distill.records.pointers import escape_token
from distill.records.taxonomy import QuarantineReason
from distill.sources.conversation import scalar_text
from distill.sources.messages import violation
from distill.sources.protocol import RecordError
from distill.sources.strict_json import name_type

#: Langfuse's trace download stops here without saying so (langfuse/langfuse#13033).
MOST_OBSERVATIONS: Final = 10_000

_SOURCES: Final = ("ANNOTATION", "API", "EVAL")

Row = Mapping[str, Any]


@dataclass(slots=True)
class TraceRows:
    """All that some rows say of one trace. `scores` are with the pointer to each in its row."""

    identity: str
    trace: Row = field(default_factory=dict)
    observations: list[Row] = field(default_factory=list)
    scores: list[tuple[str, Row]] = field(default_factory=list)

    @property
    def holds_a_run(self) -> bool:
        """True where more than scores is known of the trace."""
        return bool(self.trace or self.observations)


def kind_of(row: Any) -> str | None:
    """Return ``document``, ``trace``, ``observation`` or ``score``; null for none of them."""
    if not isinstance(row, dict):
        return None
    holds = isinstance(row.get("observations"), list)
    is_named = "id" in row
    if holds and (isinstance(row.get("trace"), dict) or (is_named and "timestamp" in row)):
        return "document"
    if "dataType" in row or (row.get("source") in _SOURCES and "name" in row):
        return "score"
    if is_named and "traceId" in row and "startTime" in row:
        return "observation"
    is_trace = is_named and "timestamp" in row and ("input" in row or "latency" in row)
    return "trace" if is_trace else None


def trace_of(row: Any) -> str:
    """Return the id of the trace that a row is of.

    Raises:
        RecordError: the row is of none of the four kinds, or names no trace.
    """
    kind = kind_of(row)
    if kind is None:
        raise violation("unknown_row", "neither a trace, an observation nor a score of Langfuse's")
    if kind == "score":
        found = scored_trace(row)
    elif kind == "observation":
        found = row["traceId"]
    else:
        found = _trace_part(row).get("id")
    identity = scalar_text(found)
    if identity is None:
        raise RecordError(
            QuarantineReason.MISSING_SOURCE_RUN_ID, "trace_id", f"the {kind} names no trace"
        )
    return identity


def scored_trace(score: Row) -> Any:
    """Return the trace that a score is of, by itself or by an observation; null where none."""
    subject = score.get("subject")
    if not isinstance(subject, dict):
        return score.get("traceId")
    return subject.get("id") if subject.get("kind") == "trace" else subject.get("traceId")


def gather(rows: Iterable[Any]) -> list[TraceRows]:
    """Return what the rows say of each trace, in the order in which traces are first named.

    Raises:
        RecordError: a row is of none of the four kinds, or what it holds is of another type.
    """
    found: dict[str, TraceRows] = {}
    for row in rows:
        identity = trace_of(row)
        one = found.setdefault(identity, TraceRows(identity))
        kind = kind_of(row)
        if kind == "score":
            one.scores.append(("", row))
        elif kind == "observation":
            one.observations.append(row)
        else:
            _add_trace(one, row)
    for one in found.values():
        one.observations = _once(one.observations)
        one.scores = _scores_once(one.scores)
    return list(found.values())


def _add_trace(one: TraceRows, row: Row) -> None:
    trace = _trace_part(row)
    prefix = "" if trace is row else "/trace"
    one.trace = one.trace or trace
    observations = row.get("observations")
    if observations is not None:
        one.observations += _objects(observations, "observations")
    for place, holder in ((prefix, trace), ("", row)):
        for key in ("scores", "corrections"):
            scores = _objects(holder.get(key) or [], key)
            pointers = (f"{place}/{escape_token(key)}/{i}" for i in range(len(scores)))
            one.scores += zip(pointers, scores, strict=True)
        if not prefix:
            break


def _trace_part(row: Row) -> Row:
    """Return the trace of a document; a row that is a trace is its own."""
    trace = row.get("trace")
    return trace if isinstance(trace, dict) else row


def _objects(value: Any, name: str) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise violation(f"{name}_no_list", f"{name} are a JSON {name_type(value)}, no list of them")
    return value


def _once(observations: Sequence[Row]) -> list[Row]:
    """Return each observation once: of several states of one, the last that was written.

    Raises:
        RecordError: `missing_source_run_id`: one has no id; `duplicate_id`: two differ and neither
            says that it is newer.
    """
    found: dict[str, Row] = {}
    for row in observations:
        identity = scalar_text(row.get("id"))
        if identity is None:
            raise RecordError(
                QuarantineReason.MISSING_SOURCE_RUN_ID, "observation_id", "an observation has no id"
            )
        known = found.get(identity)
        if known is None or known == row:
            found[identity] = row
        elif _updated(row) == _updated(known):
            raise RecordError(
                QuarantineReason.DUPLICATE_ID,
                "one_observation_several_contents",
                "an observation is there twice with other content, and neither is newer",
            )
        elif _updated(row) > _updated(known):
            found[identity] = row
    return list(found.values())


def _scores_once(scores: Sequence[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """Return each score once, by its id; of several states of one, the last that was written."""
    found: dict[str, tuple[str, Row]] = {}
    for number, (pointer, row) in enumerate(scores):
        identity = scalar_text(row.get("id")) or f"without an id, number {number}"
        if identity not in found or _updated(row) > _updated(found[identity][1]):
            found[identity] = (pointer, row)
    return list(found.values())


def _updated(row: Row) -> str:
    found = row.get("updatedAt") or row.get("updated_at")
    return found if isinstance(found, str) else ""
