"""Langfuse's observations as the steps of a trace, and what the trace ended in."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.sources import span_attributes
from distill.sources.chat_values import NO_CHAT, UNREADABLE_CHAT, Chat, Reading, decode, read_chat
from distill.sources.conversation import read_tools, scalar_text
from distill.sources.finish_reasons import cutting_reason, finish_in
from distill.sources.langfuse_rows import Row, TraceRows
from distill.sources.model_calls import Exchange, last_text
from distill.sources.protocol import RecordError
from distill.sources.span_tree import SpanTree
from distill.sources.timestamps import to_utc

_CALL: Final = "GENERATION"
#: These hold no conversation of the agent's: a tool's input, a judge's own model calls.
_NO_STEPS: Final = ("TOOL", "EVENT", "RETRIEVER", "EMBEDDING")
_JUDGES: Final = ("EVALUATOR", "GUARDRAIL")
#: Langfuse's SDKs put this in the place of a value that is too large.
_OMITTED: Final = "<truncated due to size exceeding limit>"

TRACE_STEP: Final = "trace"


def tree_of(rows: TraceRows) -> SpanTree:
    """Return the tree of a trace's observations.

    Raises:
        RecordError: an observation is its own ancestor.
    """
    return SpanTree(
        {str(row["id"]): scalar_text(row.get("parentObservationId")) for row in rows.observations}
    )


def root_of(rows: TraceRows, tree: SpanTree) -> Row | None:
    """Return the observation that the trace begins with; null where several have no parent."""
    roots = set(tree.roots)
    found = [row for row in rows.observations if str(row["id"]) in roots]
    flagged = [row for row in found if row.get("isRootObservation") is True]
    found = flagged or found
    return found[0] if len(found) == 1 else None


def steps(rows: TraceRows, tree: SpanTree) -> Iterator[Exchange]:
    """Yield the steps of a trace that may hold its conversation, the trace's own input first."""
    judges = frozenset(str(row["id"]) for row in rows.observations if row.get("type") in _JUDGES)
    judging = tree.below(judges)
    if rows.trace:
        yield Exchange(
            order=("", -1, ""),
            identity=TRACE_STEP,
            given=_chat(rows.trace.get("input"), "user"),
            gave=_chat(rows.trace.get("output"), "assistant"),
            is_call=False,
        )
    for row in rows.observations:
        identity = str(row["id"])
        if row.get("type") not in _NO_STEPS and identity not in judging:
            yield _step(row, identity, tree.depths[identity])


def final_text(rows: TraceRows, root: Row | None) -> str | None:
    """Return the text that the trace ended in, where it or its root says one."""
    for row in (rows.trace, root or {}):
        found = last_text(_chat(row.get("output"), "assistant").messages)
        if found is not None:
            return found
    return None


def _step(row: Row, identity: str, depth: int) -> Exchange:
    metadata = decode(row.get("metadata"))
    attributes = _attributes(metadata)
    given = _chat(row.get("input"), "user")
    if given.reading in (Reading.UNREADABLE, Reading.NOTHING):
        given = _better(given, span_attributes.given_of(attributes))
    gave = _chat(row.get("output"), "assistant")
    if gave.reading in (Reading.UNREADABLE, Reading.NOTHING):
        gave = _better(gave, span_attributes.gave_of(attributes))
    model = row.get("model") or row.get("providedModelName")
    return Exchange(
        order=(_moment(row.get("startTime")), depth, identity),
        identity=identity,
        given=given,
        gave=gave,
        is_call=row.get("type") == _CALL,
        failed=row.get("level") == "ERROR",
        model=model if isinstance(model, str) else span_attributes.model_of(attributes),
        tools=_tools(row, given, attributes),
        cut_short=gave.cut_short
        or cutting_reason(finish_in(metadata))
        or span_attributes.cut_short_of(attributes),
    )


def _moment(value: Any) -> str:
    return (to_utc(value) if isinstance(value, str | int | float) else None) or ""


def _tools(
    row: Row, given: Chat, attributes: Mapping[str, Any]
) -> tuple[dict[str, Any], ...] | None:
    if given.tools is not None:
        return given.tools
    found = span_attributes.tools_of(attributes)
    if found is not None:
        return found
    defined = row.get("toolDefinitions")
    if not isinstance(defined, dict) or not defined:
        return None
    try:
        return read_tools([_tool(name, decode(value)) for name, value in defined.items()])
    except RecordError:
        return None


def _tool(name: str, value: Any) -> dict[str, Any]:
    """Return a tool out of Langfuse's ``{name: JSON of {description, parameters}}``."""
    function = (
        {key: decode(below) for key, below in value.items()} if isinstance(value, dict) else {}
    )
    return {"type": "function", "function": {"name": name, **function}}


def _better(one: Chat, other: Chat) -> Chat:
    """Return what the attributes say where that is more than the field says."""
    is_more = other.reading in (Reading.MESSAGES, Reading.TEXT) and other.messages
    return other if is_more else one


def _chat(value: Any, speaker: str) -> Chat:
    if decode(value) == _OMITTED:
        return UNREADABLE_CHAT
    found = read_chat(value, speaker=speaker)
    return NO_CHAT if found.reading is Reading.MESSAGES and not found.messages else found


def _attributes(metadata: Any) -> Mapping[str, Any]:
    """Return the span's attributes that Langfuse keeps in `metadata`."""
    found = metadata.get("attributes") if isinstance(metadata, dict) else None
    found = decode(found)
    return found if isinstance(found, dict) else {}
