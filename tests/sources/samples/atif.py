"""Harbor trials, and a trajectory by itself, in the shape of ATIF; the texts are made up."""

import json
from typing import Any

RESULT = {
    "id": "0b6e",
    "task_name": "acme/count-parcels",
    "trial_name": "count-parcels__a1",
    "task_checksum": "c0ffee",
    "config": {},
    "agent_info": {"name": "walker", "model_info": {"name": "small", "provider": "example"}},
    "verifier_result": {"rewards": {"reward": 1.0}},
    "exception_info": None,
    "finished_at": "2026-03-01T10:05:00Z",
}
STEPS: list[dict[str, Any]] = [
    {"step_id": 1, "source": "system", "message": "Be brief."},
    {"step_id": 2, "source": "user", "message": "Count the parcels in /depot."},
    {
        "step_id": 3,
        "source": "agent",
        "timestamp": "2026-03-01T10:01:00Z",
        "message": "",
        "reasoning_content": "I have to look.",
        "tool_calls": [
            {"tool_call_id": "c1", "function_name": "bash", "arguments": {"command": "ls /depot"}},
        ],
        "observation": {"results": [{"source_call_id": "c1", "content": "a b"}]},
        "metrics": {"prompt_tokens": 20},
        "llm_call_count": 1,
    },
    {"step_id": 4, "source": "agent", "message": [{"type": "text", "text": "Two parcels."}]},
]
TOOL = {"type": "function", "function": {"name": "bash", "description": "Runs.", "parameters": {}}}


def trajectory(steps: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a trajectory, changed."""
    agent = {
        "name": "walker",
        "version": "1",
        "model_name": "small",
        "tool_definitions": [TOOL],
    }
    whole = {"schema_version": "ATIF-v1.8", "session_id": "s1", "agent": agent, "steps": steps}
    return whole | {"steps": STEPS if steps is None else steps} | changes


def document(value: Any) -> bytes:
    """Return a document as Harbor writes it."""
    return json.dumps(value, indent=2).encode()


FAILED = {
    "id": "0b6f",
    "trial_name": "count-parcels__a2",
    "verifier_result": {"rewards": {"reward": 0}},
    "exception_info": {"exception_type": "AgentTimeoutError", "exception_message": "600 s"},
}
FILES = {
    "jobs/one/count-parcels__a1/agent/trajectory.json": document(trajectory()),
    "jobs/one/count-parcels__a1/result.json": document(RESULT),
    "jobs/one/count-parcels__a2/agent/trajectory.json": document(trajectory(session_id="s2")),
    "jobs/one/count-parcels__a2/result.json": document(RESULT | FAILED),
    "exported/alone.json": document(trajectory(session_id="s3")),
}
