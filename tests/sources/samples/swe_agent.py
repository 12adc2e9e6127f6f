"""Runs in the shape of SWE-agent's trajectories, before and after 1.1.0; the texts are made up."""

import json
from typing import Any

DEMO = "Here is how another issue was solved: ls, edit, submit."
ISSUE = "The total is off by a cent. Mend ledger/rounding.py."
PATCH = "diff --git a/ledger/rounding.py b/ledger/rounding.py\n"
CALL = {
    "function": {"name": "bash", "arguments": json.dumps({"command": "ls"})},
    "id": "call_1",
    "type": "function",
}


def old(**changes: Any) -> dict[str, Any]:
    """Return a run of 0.7 (`messages` where there is any): actions stand in the text."""
    history = [
        {"role": "system", "content": "SETTING: a shell.", "agent": "primary"},
        {"role": "user", "content": DEMO, "agent": "primary", "is_demo": True},
        {"role": "user", "content": ISSUE, "agent": "primary"},
        {
            "role": "assistant",
            "content": "I look.\n```\nls\n```",
            "thought": "I look.",
            "action": "ls",
        }
        | {"agent": "primary"},
        {"role": "user", "content": "ledger\n(Open file: n/a)", "agent": "primary"},
        {"role": "assistant", "content": "Done.\n```\nsubmit\n```", "agent": "primary"},
    ]
    step = {"action": "ls\n", "observation": "ledger\n", "response": "I look.\n```\nls\n```"}
    whole = {
        "environment": "swe_main",
        "trajectory": [step | {"state": "{}", "thought": "I look."}],
        "history": history,
        "info": {"exit_status": "submitted", "submission": PATCH, "model_stats": {"api_calls": 2}},
    }
    return whole | changes


def new(**changes: Any) -> dict[str, Any]:
    """Return a run of 1.1: tools are called, and each step logs what the model was asked."""
    asked = [
        {"role": "system", "content": "You are a helpful assistant.", "agent": "main"}
        | {"message_type": "system_prompt"},
        {"role": "user", "content": DEMO, "agent": "main", "is_demo": True}
        | {"message_type": "demonstration"},
        {"role": "user", "content": [{"type": "text", "text": ISSUE}], "agent": "main"}
        | {"message_type": "observation"},
    ]
    history = [
        *asked,
        {"role": "assistant", "content": "I look.", "thought": "I look.", "action": "ls"}
        | {"agent": "main", "tool_calls": [CALL], "message_type": "action", "thinking_blocks": []},
        {"role": "tool", "content": [{"type": "text", "text": "ledger"}], "agent": "main"}
        | {"tool_call_ids": ["call_1"], "message_type": "observation"},
        {"role": "assistant", "content": "", "agent": "main", "tool_calls": [CALL]},
    ]
    step = {"action": "ls", "observation": "ledger", "response": "I look.", "thought": "I look."}
    replay = {"agent": {"model": {"name": "example-model", "api_key": "not-a-key"}}}
    whole = {
        "trajectory": [
            step | {"execution_time": 0.1, "state": {}, "query": asked, "extra_info": {}}
        ],
        "history": history,
        "info": {"swe_agent_version": "1.1.0", "exit_status": "submitted", "submission": PATCH}
        | {"edited_files30": "", "swe_agent_hash": "unknown"},
        "replay_config": json.dumps(replay),
        "environment": "acme__ledger-7",
    }
    return whole | changes


FILES = {
    "runs/one/acme__ledger-7/acme__ledger-7.traj": json.dumps(new(), indent=2).encode(),
    "runs/old/acme__ledger-8.traj": json.dumps(old()).encode(),
}
