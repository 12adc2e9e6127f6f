"""A session in the shape of Claude Code's; the texts are made up.

The first turn was edited (a dead branch), two calls ran side by side, a subagent worked in a side
chain, and the session was compacted once.
"""

import json
from collections.abc import Iterable
from typing import Any

SESSION = "5e55-10"


def record(uuid: str, parent: str | None, **fields: Any) -> dict[str, Any]:
    """Return a record in the session's envelope."""
    envelope = {
        "parentUuid": parent,
        "isSidechain": False,
        "userType": "external",
        "cwd": "/depot",
        "sessionId": SESSION,
        "version": "2.0.0",
        "uuid": uuid,
        "timestamp": "2026-03-01T10:00:00.000Z",
    }
    return envelope | fields


def user(uuid: str, parent: str | None, content: Any, **fields: Any) -> dict[str, Any]:
    """Return a user's record."""
    message = {"role": "user", "content": content}
    return record(uuid, parent, type="user", message=message, **fields)


def assistant(
    uuid: str, parent: str | None, message: str, block: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Return one block of an assistant's message."""
    whole = {"id": message, "role": "assistant", "model": "example-large", "content": [block]}
    return record(uuid, parent, type="assistant", message=whole, requestId="q", **fields)


def text(words: str) -> dict[str, Any]:
    """Return a block of text."""
    return {"type": "text", "text": words}


def call(number: int, command: str) -> dict[str, Any]:
    """Return a block with a call."""
    return {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": command}}


def result(number: int, words: Any, **fields: Any) -> list[dict[str, Any]]:
    """Return the content of a record that answers a call."""
    return [{"type": "tool_result", "tool_use_id": f"t{number}", "content": words, **fields}]


SIDE: dict[str, Any] = {"isSidechain": True, "agentId": "ag1"}
BEFORE: list[dict[str, Any]] = [
    {"type": "summary", "summary": "Counting parcels", "leafUuid": "u9"},
    {"type": "file-history-snapshot", "messageId": "u1", "snapshot": {}},
    user("u0", None, "Count the parcls."),
    assistant("a0", "u0", "m0", text("Which ones?")),
    user("u1", None, "Count the parcels."),
    assistant("a1", "u1", "m1", {"type": "thinking", "thinking": "Look."}),
    assistant("a2", "a1", "m1", text("I look.")),
    assistant("a3", "a2", "m1", call(1, "ls /depot")),
    assistant("a4", "a3", "m1", call(2, "ls /gate")),
    user("u2", "a3", result(1, "a b")),
    user("u3", "a4", result(2, [text("c")], is_error=True)),
    user("s1", None, "Look at the gate.", **SIDE),
    assistant("s2", "s1", "m7", text("One parcel."), **SIDE),
    assistant("a5", "u3", "m2", text("Three parcels.")),
]
AFTER: list[dict[str, Any]] = [
    record("b1", None, type="system", subtype="compact_boundary", logicalParentUuid="a5"),
    user("u4", "b1", "So far: three parcels were counted.", isCompactSummary=True),
    user("u5", "u4", "<system-reminder>Be brief.</system-reminder>", isMeta=True),
    user("u6", "u5", [text("And crates?")]),
    assistant("a6", "u6", "m3", text("None.")),
]


def lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return records as the session's file has them."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


FILES = {f"projects/-depot/{SESSION}.jsonl": lines([*BEFORE, *AFTER])}
