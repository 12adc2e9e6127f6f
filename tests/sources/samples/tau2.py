"""A file in the shape of tau2-bench's results; the texts are made up."""

import json
from typing import Any

SCRIPT = "You are Ada Ruiz with parcel P-17. You want it sent to your office, and accept no refund."
GOAL = "The agent must not offer a refund for a parcel that is on its way."
POLICY = "# Parcel desk\nNever change an address without asking for the parcel's number."
TASK: dict[str, Any] = {
    "id": "0",
    "description": {"purpose": "an address is changed"},
    "user_scenario": {
        "persona": None,
        "instructions": {
            "domain": "parcels",
            "reason_for_call": "The parcel must go elsewhere.",
            "known_info": "Your parcel is P-17.",
            "task_instructions": SCRIPT,
        },
    },
    "ticket": None,
    "initial_state": None,
    "evaluation_criteria": {
        "actions": [
            {"action_id": "0_0", "requestor": "assistant", "name": "set_address"}
            | {"arguments": {"parcel": "P-17", "address": "Office, Harbour Street 9"}}
        ],
        "env_assertions": None,
        "communicate_info": ["P-17"],
        "nl_assertions": [GOAL],
        "reward_basis": ["DB", "COMMUNICATE"],
    },
}
INFO = {
    "git_commit": "0" * 40,
    "num_trials": 2,
    "user_info": {"implementation": "user_simulator", "llm": "a-users-model"},
    "agent_info": {"implementation": "llm_agent", "llm": "example-model", "llm_args": {}},
    "environment_info": {"domain_name": "parcels", "policy": POLICY, "tool_defs": None},
    "seed": 300,
}


def message(role: str, content: str | None, **more: Any) -> dict[str, Any]:
    """Return a message as tau2 writes it."""
    return {"role": role, "content": content, "turn_idx": 0, "cost": 0.0} | more


def call(call_id: str, name: str, requestor: str = "assistant", **arguments: Any) -> dict[str, Any]:
    """Return a tool call of the agent, or of the user."""
    return {"id": call_id, "name": name, "arguments": arguments, "requestor": requestor}


TALK = [
    message("assistant", "Hi! How can I help you today?"),
    message("user", "My parcel should go to my office."),
    message("assistant", None, tool_calls=[call("c1", "find_parcel", parcel="P-17")]),
    {"id": "c1", "role": "tool", "content": "{}", "requestor": "assistant", "error": False},
    message("user", None, tool_calls=[call("u1", "open_app", "user")]),
    {"id": "u1", "role": "tool", "content": "the app is open", "requestor": "user"},
    message("assistant", "It is done."),
    message("user", "###STOP###"),
]


def simulation(**changes: Any) -> dict[str, Any]:
    """Return a simulation."""
    whole = {
        "id": "5d0c8f6e-0000-4000-8000-000000000000",
        "task_id": "0",
        "timestamp": "2026-03-01T10:05:00",
        "start_time": "2026-03-01T10:00:00",
        "end_time": "2026-03-01T10:05:00",
        "duration": 300.0,
        "termination_reason": "user_stop",
        "agent_cost": 0.1,
        "reward_info": {
            "reward": 1.0,
            "db_check": {"db_match": True, "db_reward": 1.0},
            "action_checks": [{"action": TASK["evaluation_criteria"]["actions"][0]}],
            "reward_basis": ["DB", "COMMUNICATE"],
            "reward_breakdown": {"DB": 1.0, "COMMUNICATE": 1.0},
        },
        "messages": TALK,
        "trial": 0,
        "seed": 1,
    }
    return whole | changes


def results(*simulations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a file of results."""
    whole = {"timestamp": "2026-03-01T10:05:00", "info": INFO, "tasks": [TASK]}
    return whole | {"simulations": list(simulations)} | changes


FILES = {
    "runs/results.json": json.dumps(
        results(
            simulation(),
            simulation(id="b", trial=1, messages=TALK[:2], reward_info={"reward": 0.0}),
            simulation(id="c", trial=2, termination_reason="infrastructure_error", messages=[]),
        ),
        indent=2,
    ).encode()
}
