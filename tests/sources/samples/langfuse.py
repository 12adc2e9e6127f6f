"""Langfuse's export forms, generated in the shape of real ones: no word of a real log is here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TRACE = "5f0c41d0a7e34f0f8d3b6f6c2f3a9e11"
PROMPT = {"role": "user", "content": "Is the tram running today?"}
SYSTEM = {"role": "system", "content": "You answer for the town's trams."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "timetable", "arguments": '{"line": 4}'},
        }
    ],
}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "line 4: every ten minutes"}
ANSWER = {"role": "assistant", "content": "Yes, line 4 runs every ten minutes."}


def observation(identity: str, second: int, **fields: Any) -> dict[str, Any]:
    """Return an observation that began in a second of the trace."""
    return {
        "id": identity,
        "traceId": TRACE,
        "parentObservationId": None,
        "type": "SPAN",
        "name": identity,
        "level": "DEFAULT",
        "startTime": f"2026-05-01T08:00:{second:02}.000Z",
        "input": None,
        "output": None,
        "metadata": {},
        **fields,
    }


def call(identity: str, second: int, given: Any, gave: Any, **fields: Any) -> dict[str, Any]:
    """Return a model call below the root, its content as JSON in strings, as exports have it."""
    return observation(
        identity,
        second,
        type="GENERATION",
        parentObservationId="root",
        model="example-small-2026",
        input=given if isinstance(given, str | None) else json.dumps(given),
        output=gave if isinstance(gave, str | None) else json.dumps(gave),
        **fields,
    )


def two_calls() -> list[dict[str, Any]]:
    """Return a root and two model calls, the second with the whole history of the first."""
    return [
        observation("root", 0, type="AGENT"),
        call("one", 1, [SYSTEM, PROMPT], CALL),
        observation("tool", 2, type="TOOL", parentObservationId="root", output='"every ten"'),
        call("two", 3, [SYSTEM, PROMPT, CALL, RESULT], ANSWER),
    ]


def score(name: str, value: Any, **fields: Any) -> dict[str, Any]:
    """Return a score of the public API's version 2."""
    return {
        "id": f"score-{name}-{value}",
        "traceId": TRACE,
        "name": name,
        "value": value,
        "stringValue": None,
        "dataType": "NUMERIC",
        "source": "EVAL",
        "observationId": None,
        "timestamp": "2026-05-01T08:01:00.000Z",
        **fields,
    }


def correction(text: str, **fields: Any) -> dict[str, Any]:
    """Return a person's rewriting of an output."""
    return score(
        "output",
        0,
        **{
            "id": "correction",
            "source": "ANNOTATION",
            "dataType": "CORRECTION",
            "longStringValue": text,
            **fields,
        },
    )


def score_v3(name: str, value: Any, **fields: Any) -> dict[str, Any]:
    """Return a score of version 3: what it is about stands in a subject."""
    return {
        "id": f"v3-{name}-{value}",
        "name": name,
        "value": value,
        "dataType": "NUMERIC",
        "source": "EVAL",
        "timestamp": "2026-05-01T08:01:00.000Z",
        "subject": {"kind": "trace", "id": TRACE},
        **fields,
    }


def document(
    observations: Sequence[Mapping[str, Any]],
    *scores: Mapping[str, Any],
    **trace: Any,
) -> dict[str, Any]:
    """Return a trace's document, its corrections beside its scores."""
    plain = [one for one in scores if one["dataType"] != "CORRECTION"]
    corrections = [one for one in scores if one["dataType"] == "CORRECTION"]
    head = {
        "id": TRACE,
        "name": "tram-desk",
        "timestamp": "2026-05-01T08:00:00.000Z",
        "sessionId": None,
        "input": None,
        "output": None,
        "scores": plain,
        "corrections": corrections,
        "latency": 4.2,
        **trace,
    }
    return {"trace": head, "observations": list(observations)}


def observation_v2(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an observation of the observation-first model: the trace's fields stand on it."""
    is_root = row["parentObservationId"] is None
    return {**row, "isRootObservation": is_root, "traceName": "tram-desk", "environment": "default"}


def of_trace(value: Any, identity: str) -> Any:
    """Return a value with the trace's id replaced by another, wherever it stands."""
    return json.loads(json.dumps(value).replace(TRACE, identity))


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as JSONL."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def sample() -> bytes:
    """Return a file of two traces, one a line."""
    bad = document(two_calls(), score("hallucination", 1), correction("No: line 4 is closed."))
    good = document(two_calls(), score("correctness", 1), score("toxicity", 0))
    return jsonl([good, of_trace(bad, "other")])


def rows_of_two() -> bytes:
    """Return two traces as rows of their own, in turns, with scores of them and of a session."""
    one = [*map(observation_v2, two_calls()), score_v3("correctness", 1)]
    pairs = [row for pair in zip(one, of_trace(one, "other"), strict=True) for row in pair]
    return jsonl([*pairs, score_v3("tone", 1, subject={"kind": "session", "id": "s"})])
