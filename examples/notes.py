# ruff: noqa: INP001
"""The project's own format, ``distill.run/1``: runs of an assistant that sums up meeting notes."""

from collections.abc import Iterator
from typing import Any

MEETINGS = (
    ("kitchen", "Ana orders the tiles. Ben asks two firms for the sink.", "tiles: Ana; sink: Ben"),
    ("garden", "Cleo draws a plan by Monday. Nobody waters until then.", "plan: Cleo, by Monday"),
    ("roof", "Dan will call the roofer. Eva keeps the bills.", "roofer: Dan; bills: Eva"),
    ("fence", "Fay paints. Gus buys brushes and the paint, green.", "paint: Fay; buy: Gus"),
)
TOOL = {
    "type": "function",
    "function": {
        "name": "save_tasks",
        "description": "Save the tasks of a meeting.",
        "parameters": {"type": "object", "properties": {"tasks": {"type": "string"}}},
    },
}


def notes() -> Iterator[dict[str, Any]]:
    """Yield two runs a meeting: one that saves the tasks, one that chats."""
    for number, (meeting, said, tasks) in enumerate(MEETINGS):
        prompt = [{"role": "user", "content": f"List the tasks of this meeting. {said}"}]
        call = {"name": "save_tasks", "arguments": {"tasks": tasks}}
        saved = [
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": call}]},
            {"role": "tool", "tool_call_id": "c1", "name": "save_tasks", "content": "saved"},
            {"role": "assistant", "content": f"Saved. {tasks}."},
        ]
        chatted = [{"role": "assistant", "content": f"It was a good meeting about the {meeting}."}]
        for trial, answer in enumerate((saved, chatted)):
            yield {
                "format": "distill.run/1",
                "run_id": f"notes-{number}-{trial}",
                "task": {"id": f"meeting-{meeting}"},
                "messages": prompt + answer,
                "tools": [TOOL],
                "model": "example-small",
                "verdicts": [
                    {"name": "all_saved", "value": trial == 0, "origin": "deterministic_check"}
                ],
                "recorded_at": f"2026-02-0{number + 1}T1{trial}:00:00Z",
            }
