"""OTLP export requests, generated in the shape of real ones: no word of a real log is here."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "0af7651916cd43dd8448eb211c80319c"
SYSTEM = {"role": "system", "parts": [{"type": "text", "content": "You answer for the trams."}]}
PROMPT = {"role": "user", "parts": [{"type": "text", "content": "Is the tram running today?"}]}
CALL = {
    "role": "assistant",
    "parts": [{"type": "tool_call", "id": "call_1", "name": "timetable", "arguments": {"line": 4}}],
}
RESULT = {
    "role": "tool",
    "parts": [{"type": "tool_call_response", "id": "call_1", "response": "every ten minutes"}],
}
ANSWER = {
    "role": "assistant",
    "parts": [{"type": "text", "content": "Yes, line 4 runs every ten minutes."}],
    "finish_reason": "stop",
}
TOOLS = [{"type": "function", "name": "timetable", "parameters": {"type": "object"}}]
#: What the second trace of a sample says instead, so that the two are no near duplicates.
_WORDS = {
    "Is the tram running today?": "Where do I buy a monthly pass for the harbour ferry?",
    "every ten minutes": "kiosk at pier two",
    "Yes, line 4 runs kiosk at pier two.": "Passes are sold from six to nine, in cash alone.",
    "You answer for the trams.": "Help passengers of boats with their tickets.",
}
_BEGIN = 1_780_000_000_000_000_000


def value(found: Any) -> dict[str, Any]:
    """Return a value as OTLP writes it: 64-bit integers are texts."""
    if isinstance(found, bool):
        return {"boolValue": found}
    if isinstance(found, int):
        return {"intValue": str(found)}
    if isinstance(found, float):
        return {"doubleValue": found}
    if isinstance(found, list):
        return {"arrayValue": {"values": [value(one) for one in found]}}
    if isinstance(found, dict):
        return {"kvlistValue": {"values": attributes(found)}}
    return {"stringValue": found}


def attributes(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return attributes as OTLP writes them."""
    return [{"key": key, "value": value(one)} for key, one in found.items()]


def event(name: str, second: int = 0, **found: Any) -> dict[str, Any]:
    """Return a span's event; a double underscore in a name is a dot."""
    given = {key.replace("__", "."): one for key, one in found.items()}
    time = str(_BEGIN + second * 10**9)
    return {"name": name, "timeUnixNano": time, "attributes": attributes(given)}


def span(number: int, found: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the span of a number, below span 1, that began in the second of its number."""
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": "" if number == 1 else f"{1:016x}",
        "name": f"span {number}",
        "kind": 3,
        "startTimeUnixNano": str(_BEGIN + number * 10**9),
        "endTimeUnixNano": str(_BEGIN + (number + 1) * 10**9),
        "attributes": attributes(found),
        "status": {},
        **fields,
    }


def chat(number: int, given: Any, gave: Any, **fields: Any) -> dict[str, Any]:
    """Return a chat span with its messages as JSON in attributes."""
    found = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "example",
        "gen_ai.request.model": "example-small",
        "gen_ai.response.model": "example-small-2026",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 17,
    }
    for name, messages in (("gen_ai.input.messages", given), ("gen_ai.output.messages", gave)):
        if messages is not None:
            found[name] = json.dumps(messages)
    return span(number, found, **fields)


def agent_spans() -> list[dict[str, Any]]:
    """Return a root, two chat spans of which the second repeats the first, and a tool's span."""
    return [
        span(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "tram-desk"}),
        chat(2, [SYSTEM, PROMPT], [CALL]),
        span(3, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "call_1"}),
        chat(4, [SYSTEM, PROMPT, CALL, RESULT], [ANSWER]),
        span(5, {"http.request.method": "POST"}),
    ]


def request(*spans: Mapping[str, Any]) -> dict[str, Any]:
    """Return the export request of some spans."""
    resource = {"attributes": attributes({"service.name": "trams"})}
    scope = {"scope": {"name": "example", "version": "1"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def log_request(*records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the export request of some log records."""
    return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": list(records)}]}]}


def log_record(
    name: str, number: int | None, body: Any = None, second: int = 0, **found: Any
) -> dict[str, Any]:
    """Return a log record that is an event of a span, or of the whole trace."""
    given = {key.replace("__", "."): one for key, one in found.items()}
    return {
        "timeUnixNano": str(_BEGIN + second * 10**9),
        "eventName": name,
        "traceId": TRACE,
        "spanId": "" if number is None else f"{number:016x}",
        "body": {} if body is None else value(body),
        "attributes": attributes(given),
    }


def of_trace(found: Any, trace: str) -> Any:
    """Return a value with the trace's id replaced by another, wherever it stands."""
    return json.loads(json.dumps(found).replace(TRACE, trace))


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return requests, one a line."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def sample() -> bytes:
    """Return three requests that hold two traces in turns, and one of metrics."""
    one = agent_spans()
    one[0]["events"] = [
        event(
            "gen_ai.evaluation.result",
            gen_ai__evaluation__name="correctness",
            gen_ai__evaluation__score__value=1.0,
        )
    ]
    words = json.dumps(of_trace(one, OTHER))
    for mine, others in _WORDS.items():
        words = words.replace(mine, others)
    two = json.loads(words)
    return jsonl(
        [
            request(*one[1:3], *two[3:]),
            {"resourceMetrics": []},
            request(*two[:3]),
            request(*one[3:], one[0]),
        ]
    )
