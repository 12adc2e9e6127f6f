"""A rollout in the shape of Codex's, and one in the older form; the texts are made up."""

import json
from collections.abc import Iterable
from typing import Any

META = {
    "id": "r0110",
    "timestamp": "2026-03-01T10:00:00Z",
    "cwd": "/depot",
    "cli_version": "0.50.0",
    "base_instructions": {"text": "You are a careful agent."},
}


def line(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return a line of a rollout."""
    return {"timestamp": "2026-03-01T10:00:01Z", "type": kind, "payload": payload}


def said(role: str, words: str) -> dict[str, Any]:
    """Return a message."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": words}]}


def call(number: int, command: str) -> dict[str, Any]:
    """Return a call of the shell."""
    arguments = json.dumps({"command": command})
    name = {"type": "function_call", "name": "shell", "arguments": arguments}
    return name | {"call_id": f"c{number}"}


def output(number: int, words: Any) -> dict[str, Any]:
    """Return what a call came to."""
    return {"type": "function_call_output", "call_id": f"c{number}", "output": words}


ITEMS: list[dict[str, Any]] = [
    said("user", "Count the parcels."),
    {"type": "reasoning", "summary": [], "encrypted_content": "x"},
    said("assistant", "I look."),
    call(1, "ls /depot"),
    call(2, "ls /gate"),
    output(1, '{"output": "a b", "metadata": {"exit_code": 0}}'),
    output(2, {"content": "no such folder", "success": False}),
    said("assistant", "Two parcels."),
]
LINES: list[dict[str, Any]] = [
    line("session_meta", META),
    line("event_msg", {"type": "task_started"}),
    line("turn_context", {"model": "example-code"}),
    line("event_msg", {"type": "user_message", "message": "Count the parcels."}),
    *(line("response_item", item) for item in ITEMS),
    line("event_msg", {"type": "agent_message", "message": "Two parcels."}),
    line("event_msg", {"type": "exec_command_end", "exit_code": 0}),
    line("event_msg", {"type": "task_complete"}),
]
OLD: list[dict[str, Any]] = [
    {"id": "old1", "timestamp": "2025-07-01T10:00:00Z", "instructions": None, "git": {}},
    {"record_type": "state"},
    *ITEMS,
]


def lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return lines as the rollout's file has them."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


FILES = {
    "sessions/2026/03/01/rollout-2026-03-01T10-00-00-r0110.jsonl": lines(LINES),
    "sessions/2025/07/01/rollout-2025-07-01-old1.jsonl": lines(OLD),
}
