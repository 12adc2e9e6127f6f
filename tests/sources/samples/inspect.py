"""An eval of five samples in the shape of Inspect AI's logs; the texts are made up.

Sample 1 is right, 2 is half right and judged by a model, 3 hit a limit, 4 ended with an error, and
the score of 5 was edited by a person.
"""

import io
import json
from collections.abc import Mapping
from typing import Any

from tests.sources.samples.zips import zipfile

QUESTION = (
    "How many parcels of 2.5 kg may lie on a pallet that bears half a tonne, if it weighs 20?"
)
TARGET = "One hundred and ninety-two parcels, since the pallet's own weight counts."
HASH = "5f2d1c"
TOOL = {
    "name": "calculator",
    "description": "attachment://7a7a",
    "parameters": {"type": "object", "properties": {"sum": {"type": "string"}}},
}
SPEC = {
    "eval_id": "evalA",
    "run_id": "runA",
    "task_id": "taskA",
    "created": "2026-03-01T10:00:00+00:00",
    "task": "pallets",
    "dataset": {"name": "pallets", "samples": 5},
    "model": "example/small",
    "config": {},
    "scorers": [{"name": "match", "options": {}}, {"name": "model_graded_fact", "options": {}}],
}


def messages(answer: str, number: int) -> list[dict[str, Any]]:
    """Return a conversation with one tool call; the question stands in an attachment."""
    call = {"id": f"c{number}", "function": "calculator", "arguments": {"sum": "480/2.5"}}
    return [
        {"id": f"a{number}", "role": "system", "content": "Be brief."},
        {"id": f"b{number}", "role": "user", "content": [part(f"attachment://{HASH}")]},
        {"id": f"d{number}", "role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "192", "tool_call_id": f"c{number}", "function": "calculator"},
        {"id": f"e{number}", "role": "assistant", "content": [reasoning(), part(answer)]},
    ]


def part(text: str) -> dict[str, Any]:
    """Return a part of a message's content."""
    return {"type": "text", "text": text}


def reasoning() -> dict[str, Any]:
    """Return a part that is no turn."""
    return {"type": "reasoning", "reasoning": "The pallet weighs something."}


def sample(number: int, **changes: Any) -> dict[str, Any]:
    """Return a sample, scored as correct by `match`, changed."""
    whole = {
        "id": f"pallet-{number}",
        "epoch": 1,
        "input": [{"id": f"in{number}", "role": "user", "content": f"attachment://{HASH}"}],
        "target": TARGET,
        "messages": messages(f"192, in run {number}", number),
        "output": {"model": "small-1", "choices": []},
        "scores": {"match": {"value": "C", "answer": "192"}},
        "metadata": {},
        "store": {},
        "events": [
            {"event": "span_begin", "id": "s1", "type": "solver", "name": "generate"},
            {"event": "model", "span_id": "s1", "model": "example/small", "tools": [TOOL]},
            {"event": "span_end", "id": "s1"},
            {"event": "span_begin", "id": "s2", "type": "scorer", "name": "match"},
            {"event": "score", "span_id": "s2"},
        ],
        "uuid": f"uuid{number}",
        "attachments": {HASH: QUESTION, "7a7a": "Works out a sum."},
    }
    return whole | changes


def judged() -> list[dict[str, Any]]:
    """Return events in which a model scores, below its scorer's span."""
    return [
        {"event": "span_begin", "id": "s3", "type": "scorer", "name": "model_graded_fact"},
        {"event": "span_begin", "id": "s4", "type": "inner", "parent_id": "s3"},
        {"event": "model", "span_id": "s4", "model": "example/judge", "tools": []},
    ]


EDITED = {
    "value": "I",
    "history": [
        {"value": "C", "provenance": None},
        {"value": "I", "provenance": {"author": "ana", "timestamp": "2026-03-02T10:00:00Z"}},
    ],
}
SAMPLES: list[dict[str, Any]] = [
    sample(1),
    sample(
        2,
        scores={"model_graded_fact": {"value": "P"}},
        events=[*sample(2)["events"], *judged()],
    ),
    sample(3, scores={"match": {"value": "I"}}, limit={"type": "message", "limit": 4}),
    sample(4, scores=None, error={"message": "Boom", "traceback": ""}),
    sample(5, scores={"match": EDITED}),
]


def header(**changes: Any) -> dict[str, Any]:
    """Return a log without its samples, changed; its accuracy is NaN, as Inspect writes it."""
    metrics = {"accuracy": {"name": "accuracy", "value": float("nan")}}
    results = {"scores": [{"name": "match", "scorer": "match", "metrics": metrics}]}
    whole = {"version": 2, "status": "success", "eval": SPEC, "plan": {}, "results": results}
    return whole | changes


def document(samples: Any, **changes: Any) -> bytes:
    """Return a log as Inspect writes it in one document: the samples before the reductions."""
    log = {**header(**changes), "stats": {}, "samples": samples, "reductions": []}
    return json.dumps(log, indent=2).encode()


def members(samples: list[dict[str, Any]], **changes: Any) -> dict[str, bytes]:
    """Return the members of a log as an archive, in Inspect's order."""
    start = {"version": 2, "eval": SPEC, "plan": {}}
    named = {f"samples/{one['id']}_epoch_{one['epoch']}.json": one for one in samples}
    values = {"_journal/start.json": start, **named, "summaries.json": []}
    return {
        name: json.dumps(value, indent=2).encode()
        for name, value in (values | {"header.json": header(**changes)}).items()
    }


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of members; by now Inspect compresses them with Zstandard."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 10, 0, 0)), data, method)
    return written.getvalue()


FILES = {
    "logs/pallets.eval": archive(members(SAMPLES), zipfile.ZIP_ZSTANDARD),
    "logs/pallets.json": document(SAMPLES),
}
