"""Runs in the shapes of OpenHands' outputs: V0 events, pairs, V1 events, a data set's rows.

The texts are made up, and so is what stands where a key might.
"""

import json
from typing import Any

PROMPT = "Mend the rounding in ledger/rounding.py."
PATCH = "diff --git a/ledger/rounding.py b/ledger/rounding.py\n"
GOLD = "diff --git a/ledger/rounding.py b/ledger/rounding.py\n+    return half_even(amount)\n"
KEY = "a-key-of-the-models-server"
TIME = "2026-03-01T10:00:00"
TOOL = {"type": "function", "function": {"name": "execute_bash", "parameters": {"type": "object"}}}


def called(name: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    """Return a tool call as a model's server returns it."""
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }


def metadata(call_id: str, *calls: dict[str, Any]) -> dict[str, Any]:
    """Return what V0 keeps of the response that an action or observation belongs to."""
    message = {"role": "assistant", "content": "I look first.", "tool_calls": list(calls)}
    return {
        "function_name": "execute_bash",
        "tool_call_id": call_id,
        "total_calls_in_response": len(calls),
        "model_response": {"id": "response-1", "choices": [{"index": 0, "message": message}]},
    }


LOOK, LIST = called("execute_bash", "c1", command="ls"), called("execute_bash", "c2", command="pwd")
V0 = [
    {"id": 0, "timestamp": TIME, "source": "agent", "action": "system"}
    | {"args": {"content": "You are an agent.", "tools": [TOOL]}},
    {"id": 1, "source": "user", "action": "message", "args": {"content": PROMPT}},
    {"id": 2, "source": "user", "action": "recall", "args": {"query": PROMPT}},
    {"id": 3, "source": "environment", "observation": "recall", "content": "Added workspace"},
    {"id": 4, "source": "environment", "observation": "agent_state_changed", "content": ""},
    {"id": 5, "source": "agent", "action": "run", "args": {"command": "ls"}}
    | {"tool_call_metadata": metadata("c1", LOOK, LIST)},
    {"id": 6, "source": "agent", "cause": 5, "observation": "run", "content": "ledger"}
    | {"tool_call_metadata": metadata("c1", LOOK, LIST)},
    {"id": 7, "source": "agent", "action": "run", "args": {"command": "pwd"}}
    | {"tool_call_metadata": metadata("c2", LOOK, LIST)},
    {"id": 8, "source": "agent", "cause": 7, "observation": "run", "content": "/work"}
    | {"tool_call_metadata": metadata("c2", LOOK, LIST)},
    {"id": 9, "source": "agent", "action": "message", "args": {"content": "Done."}},
]
PAIRS = [
    [V0[1], {"observation": "null", "content": ""}],
    [
        {"id": 2, "timestamp": TIME, "source": "agent", "action": "run"}
        | {"args": {"command": "ls", "thought": "I look.", "is_confirmed": "confirmed"}},
        {"id": 3, "cause": 2, "observation": "run", "content": "ledger", "extras": {}},
    ],
    [
        {
            "id": 4,
            "source": "agent",
            "action": "finish",
            "args": {"thought": "Done.", "outputs": {}},
        },
        {"observation": "null", "content": ""},
    ],
]
V1 = [
    {"kind": "SystemPromptEvent", "timestamp": TIME, "source": "agent", "tools": [TOOL]}
    | {"system_prompt": {"type": "text", "text": "You are an agent."}},
    {"kind": "MessageEvent", "source": "user"}
    | {"llm_message": {"role": "user", "content": [{"type": "text", "text": PROMPT}]}},
    {"kind": "ActionEvent", "source": "agent", "tool_name": "terminal", "tool_call_id": "c1"}
    | {"thought": [{"type": "text", "text": "I look first."}], "llm_response_id": "r1"}
    | {"tool_call": {"id": "c1", "name": "terminal", "arguments": '{"command": "ls"}'}}
    | {"action": {"kind": "TerminalAction", "command": "ls"}, "reasoning_content": "hm"},
    {"kind": "ActionEvent", "source": "agent", "tool_name": "terminal", "tool_call_id": "c2"}
    | {"thought": [], "llm_response_id": "r1", "action": {"kind": "X", "command": "pwd"}},
    {"kind": "ObservationEvent", "tool_name": "terminal", "tool_call_id": "c1"}
    | {"observation": {"kind": "X", "content": [{"type": "text", "text": "ledger"}]}},
    {"kind": "AgentErrorEvent", "tool_name": "terminal", "tool_call_id": "c2", "error": "no pwd"},
    {"kind": "ConversationStateUpdateEvent", "key": "full_state", "value": KEY},
    {"kind": "MessageEvent", "source": "agent"}
    | {"llm_message": {"role": "assistant", "content": [{"type": "text", "text": "Done."}]}},
]


def output(history: Any, **changes: Any) -> dict[str, Any]:
    """Return a line of ``output.jsonl``."""
    llm = {"model": "example-model", "api_key": KEY, "base_url": f"https://{KEY}.example"}
    whole = {
        "instance_id": "acme__ledger-7",
        "instruction": PROMPT,
        "test_result": {"git_patch": PATCH, "report": {"resolved": True, "test_timeout": False}},
        "metadata": {"agent_class": "CodeActAgent", "llm_config": llm, "max_iterations": 30},
        "history": history,
        "metrics": {"accumulated_cost": 0.1},
        "error": None,
        "instance": {"instance_id": "acme__ledger-7", "patch": GOLD, "test_patch": GOLD + "+x"},
    }
    return whole | changes


def row(**changes: Any) -> dict[str, Any]:
    """Return a data set's row."""
    messages = [
        {"role": "system", "content": "You are an agent."},
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": "", "tool_calls": [LOOK]},
        {"role": "tool", "content": "ledger", "tool_call_id": "c1"},
        {"role": "assistant", "content": "Done."},
    ]
    whole = {"instance_id": "acme__ledger-8", "resolved": False, "messages": messages}
    return whole | {"tools": [TOOL], "model_patch": PATCH} | changes


LINES = [output(V0), output(PAIRS, instance_id="acme__ledger-9"), output(V1, instance_id="a__b-1")]
FILES = {
    "out/example/output.jsonl": b"".join(json.dumps(line).encode() + b"\n" for line in LINES),
    "sets/rows.jsonl": json.dumps(row()).encode() + b"\n",
}
