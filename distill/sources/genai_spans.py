"""A span of a traced agent as a step: which kind it is, and what was said in it.

A span's content stands in its attributes, or in events: of the span itself or, by span id, in log
records. Events of conventions up to 1.36 hold one message each (``gen_ai.user.message``,
``gen_ai.choice``); later one event holds all, under the attributes' own names.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from distill.sources import span_attributes
from distill.sources.chat_values import NO_CHAT, Chat, Reading, decode, read_message_list
from distill.sources.model_calls import Exchange
from distill.sources.otlp import Placed, attributes_of, plain, read_id, read_integer
from distill.sources.otlp import field as named

#: By `gen_ai.operation.name`, OpenInference's, Traceloop's and the Vercel AI SDK's kinds.
_CALLS: Final = (
    *("chat", "text_completion", "generate_content", "LLM", "llm", "completion"),
    *("ai.generateText.doGenerate", "ai.streamText.doStream"),
)
_AROUND: Final = (
    *("invoke_agent", "invoke_workflow", "AGENT", "CHAIN", "agent", "workflow", "task"),
    *("ai.generateText", "ai.streamText"),
)
_OTHERS: Final = (
    *("execute_tool", "embeddings", "retrieval", "create_agent", "TOOL", "RETRIEVER", "EMBEDDING"),
    *("RERANKER", "tool", "embedding", "ai.toolCall", "EVALUATOR", "GUARDRAIL"),
)
_JUDGES: Final = ("EVALUATOR", "GUARDRAIL")
_KIND_NAMES: Final = (
    *("gen_ai.operation.name", "openinference.span.kind", "traceloop.span.kind"),
    *("llm.request.type", "ai.operationId"),
)
_TELLING: Final = ("gen_ai.", "llm.", "ai.prompt", "ai.response", "pydantic_ai.")
_MESSAGES: Final[Mapping[str, str]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}
_WHOLE_EVENTS: Final = (
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
)
_ERROR_CODES: Final = (2, "2", "STATUS_CODE_ERROR", "ERROR")
_BODIES: Final = ("gen_ai.event.content", "event_body", "message")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a span, or a log record that names it; `at` points to it in its request."""

    name: str
    order: tuple[int, str]
    attributes: Mapping[str, Any]
    body: Any
    at: str


@dataclass(slots=True)
class Span:
    """A span with its attributes made plain, and all events that are known of it."""

    identity: str
    parent: str | None
    start: int
    attributes: Mapping[str, Any]
    failed: bool
    at: str
    events: list[Event] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """``call``, ``around``, ``judge`` or ``other``; null for a span that is of no agent."""
        for name in _KIND_NAMES:
            value = self.attributes.get(name)
            for kind, values in (
                ("call", _CALLS),
                ("around", _AROUND),
                ("judge", _JUDGES),
                ("other", _OTHERS),
            ):
                if value in values:
                    return kind
        names = [name for name in self.attributes if name.startswith(_TELLING)]
        if "gen_ai.tool.name" in names:
            return "other"
        if any(_is_of_call(name) for name in names):
            return "call"
        return "around" if names or any(one.name in _MESSAGES for one in self.events) else None


def read_span(one: Placed) -> Span:
    """Return a span.

    Raises:
        RecordError: `schema_violation`: its attributes or events are no lists of objects, or it
            has no id.
    """
    value = one.value
    status = value.get("status")
    attributes = attributes_of(value)
    code = status.get("code") if isinstance(status, dict) else None
    span = Span(
        identity=read_id(named(value, "spanId")) or "",
        parent=read_id(named(value, "parentSpanId")),
        start=read_integer(named(value, "startTimeUnixNano")) or 0,
        attributes=attributes,
        failed=code in _ERROR_CODES or bool(attributes.get("error.type")),
        at=one.at,
    )
    events = value.get("events") or ()
    for number, event in enumerate(events if isinstance(events, list) else ()):
        if isinstance(event, dict):
            place = f"{one.at}/events/{number}"
            time = read_integer(named(event, "timeUnixNano")) or 0
            name = str(event.get("name"))
            order = (time, f"{number:09}")
            span.events.append(Event(name, order, attributes_of(event), None, place))
    return span


def read_log(one: Placed) -> tuple[str | None, Event]:
    """Return a log record as an event, and the span that it is of.

    Raises:
        RecordError: `schema_violation`: its attributes are no list of objects.
    """
    attributes = attributes_of(one.value)
    name = named(one.value, "eventName") or attributes.get("event.name")
    time = read_integer(named(one.value, "timeUnixNano"))
    time = time or read_integer(named(one.value, "observedTimeUnixNano")) or 0
    event = Event(str(name), (time, one.at), attributes, plain(one.value.get("body")), one.at)
    return read_id(named(one.value, "spanId")), event


def step_of(span: Span, depth: int) -> Exchange:
    """Return a span that is a call, or around some, as a step."""
    attributes = _with_whole_events(span)
    given, gave = span_attributes.given_of(attributes), span_attributes.gave_of(attributes)
    if Reading.NOTHING in (given.reading, gave.reading):
        asked, answered = _of_events(span)
        given = asked if given.reading is Reading.NOTHING else given
        gave = answered if gave.reading is Reading.NOTHING else gave
    tools = given.tools if given.tools is not None else span_attributes.tools_of(attributes)
    return Exchange(
        order=(span.start, depth, span.identity),
        identity=span.identity,
        given=given,
        gave=gave,
        is_call=span.kind == "call",
        failed=span.failed,
        model=span_attributes.model_of(attributes),
        tools=tools,
        cut_short=gave.cut_short or span_attributes.cut_short_of(attributes),
    )


def _is_of_call(name: str) -> bool:
    return name.startswith(
        ("gen_ai.request.model", "gen_ai.prompt", "gen_ai.input.messages", "llm.input_messages")
    )


def _with_whole_events(span: Span) -> Mapping[str, Any]:
    """Return the span's attributes, and what events hold under their names."""
    found = dict(span.attributes)
    for event in span.events:
        if event.name in _WHOLE_EVENTS:
            body = event.body if isinstance(event.body, dict) else {}
            for name, value in {**body, **event.attributes}.items():
                found.setdefault(name, value)
    return found


def _of_events(span: Span) -> tuple[Chat, Chat]:
    """Return what one-message events say was given and given back, in the order of their times."""
    given: list[Any] = []
    gave: list[Any] = []
    for name, body in _told(span):
        item = {"role": _MESSAGES[name], **body, "event.name": name}
        (gave if name == "gen_ai.choice" else given).append(item)
    return _chat(given), _chat(gave)


def _told(span: Span) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in sorted(span.events, key=lambda one: one.order):
        if event.name in _MESSAGES:
            yield event.name, _body(event)
    # Pydantic AI keeps the events of a call as one attribute.
    kept = decode(span.attributes.get("events"))
    for body in kept if isinstance(kept, list) else ():
        name = body.get("event.name") if isinstance(body, dict) else None
        if isinstance(name, str) and name in _MESSAGES:
            yield name, body


def _body(event: Event) -> dict[str, Any]:
    """Return what an event says: its body, one attribute that holds it as JSON, or all of them."""
    if isinstance(event.body, dict):
        return event.body
    for name in _BODIES:
        found = decode(event.attributes.get(name))
        if isinstance(found, dict):
            return {"message": found} if name == "message" else found
    return {name: value for name, value in event.attributes.items() if name != "event.name"}


def _chat(items: Sequence[Any]) -> Chat:
    # Content is opt-in: events without it still say that somebody spoke.
    return read_message_list(items) if any(_says(item) for item in items) else NO_CHAT


def _says(item: Mapping[str, Any]) -> bool:
    return any(item.get(name) for name in ("content", "tool_calls", "message", "parts"))
