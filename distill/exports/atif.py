"""Evidence as trajectories of the Agent Trajectory Interchange Format (ATIF), version 1.8.

Law: what `distill.sources.atif` reads of a trajectory is the conversation that it was made of, if
each tool's turn follows the assistant's that called it, and no assistant's turn is empty text
beside calls. Calls without an id get one, arguments that are no object stand under ``arguments``.
"""

from collections.abc import Iterator
from typing import Any, Final

from distill.records.evidence import EvidenceRecord, Verdict
from distill.records.message import Message, ToolCall

ATIF_VERSION: Final = "ATIF-v1.8"
_UNKNOWN: Final = "unknown"
_SOURCES: Final = {"system": "system", "developer": "system", "user": "user", "assistant": "agent"}


def trajectory_of(record: EvidenceRecord) -> dict[str, Any] | None:
    """Return a run as a trajectory; null where it has no conversation.

    `extra.distill` holds what ATIF has no field for: ids, licence, role and verdicts.
    """
    if not record.messages:
        return None
    agent: dict[str, Any] = {"name": record.source_category, "version": _UNKNOWN}
    if record.model is not None:
        agent["model_name"] = record.model
    if record.tools is not None:
        agent["tool_definitions"] = list(record.tools)
    return {
        "schema_version": ATIF_VERSION,
        "session_id": record.run_id,
        "agent": agent,
        "steps": list(_steps(record.messages)),
        "extra": {"distill": _extra(record)},
    }


def _steps(messages: tuple[Message, ...]) -> Iterator[dict[str, Any]]:
    step: dict[str, Any] = {}
    number = 0
    for message in messages:
        if message.role == "tool" and step.get("source") == "agent":
            _observe(step, message)
            continue
        if step:
            yield step
        number += 1
        step = {
            "step_id": number,
            "source": _SOURCES.get(message.role, "user"),
            "message": message.content or "",
        }
        if message.tool_calls:
            step["tool_calls"] = [
                _call(call, f"call_{number}_{i}") for i, call in enumerate(message.tool_calls)
            ]
    if step:
        yield step


def _observe(step: dict[str, Any], message: Message) -> None:
    """Put a tool's turn into the observation of the step that called it."""
    results = step.setdefault("observation", {"results": []})["results"]
    ids = [call["tool_call_id"] for call in step.get("tool_calls", ())]
    result: dict[str, Any] = {"content": message.content or ""}
    named = message.tool_call_id or (ids[len(results)] if len(results) < len(ids) else None)
    if named in ids:
        result = {"source_call_id": named, **result}
    results.append(result)


def _call(call: ToolCall, own_id: str) -> dict[str, Any]:
    arguments = call.function.arguments
    return {
        "tool_call_id": call.id or own_id,
        "function_name": call.function.name,
        "arguments": arguments if isinstance(arguments, dict) else {"arguments": arguments},
    }


def _extra(record: EvidenceRecord) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "dataset": record.dataset,
        "source": record.source,
        "role": record.role.value,
        "licence": record.licence,
        "task_id": record.task.task_id,
        "task_key": record.task.key,
        "content_digest": record.content_digest,
        "recorded_at": record.recorded_at,
        "instrument_failure": record.instrument_failure,
        "verdicts": [_verdict(verdict) for verdict in record.verdicts],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "value": verdict.value,
        "origin": verdict.origin.value,
        "outcome": None if verdict.outcome is None else verdict.outcome.value,
    }
