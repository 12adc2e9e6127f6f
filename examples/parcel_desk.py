# ruff: noqa: INP001
"""tau-bench's shape: eight tasks at a parcel service's desk, three trials each."""

import json
from typing import Any

POLICY = (
    "# Parcel desk policy\n"
    "You help customers of Northwind Parcels. Look a parcel up before you speak of it. Change an "
    "address only before the parcel is out for delivery. Refund at most the postage, and only for "
    "parcels that are late by three days or more. Never guess a date."
)
TASKS = (
    ("NP-1041", "moved", "I have moved. Can you send my parcel to 12 Mill Lane instead?"),
    ("NP-1042", "late", "My parcel should have come last week. I would like my postage back."),
    ("NP-1043", "where", "Where is my parcel? I need it before Saturday."),
    ("NP-1044", "moved", "Please deliver to my neighbour at number 7, I am away."),
    ("NP-1045", "late", "This is the second late parcel. What can you do for me?"),
    ("NP-1046", "where", "Could you tell me when the parcel will arrive?"),
    ("NP-1047", "moved", "The address on my order is wrong, it must be 3 Harbour Road."),
    ("NP-1048", "late", "I paid for express and it took eight days."),
)
REWARDS = (
    (1.0, 0.0, 1.0),
    (1.0, 0.0, 0.0),
    (0.0, 0.0, 0.0),
    (1.0, 1.0, 1.0),
    (1.0, 0.5, 0.0),
    (0.0, 1.0, 0.0),
    (1.0, 0.0, 0.5),
    (0.0, 1.0, 0.0),
)
#: Tasks whose simulated user opens in the same words in every trial: their runs can be paired.
SAME_OPENING = range(5)
OPENINGS = ("Hello!", "Good morning.", "Hi, a quick question.")
ACTIONS = {
    "moved": ("change_address", "I have changed the address. The parcel goes out tomorrow."),
    "late": ("refund_postage", "The parcel is five days late, so I have refunded your postage."),
    "where": ("get_status", "It left the depot this morning and is due on Friday."),
}
GUESSES = {
    "moved": "Done, it will surely reach your new address.",
    "late": "I am sorry. I have refunded the postage and the price of the goods.",
    "where": "It should be with you tomorrow, I think.",
}


def parcel_runs() -> list[dict[str, Any]]:
    """Return the runs, trial by trial, and one that the harness broke off."""
    runs = [
        _run(number, trial, REWARDS[number][trial])
        for trial in range(3)
        for number in range(len(TASKS))
    ]
    failed = _run(7, 3, 0.0)
    failed["traj"] = []
    failed["info"] = {"error": "RateLimitError", "traceback": "…"}
    return [*runs, failed]


def _run(number: int, trial: int, reward: float) -> dict[str, Any]:
    parcel, topic, wish = TASKS[number]
    action, _ = ACTIONS[topic]
    expected = [{"name": action, "kwargs": {"parcel_id": parcel}}]
    script = (
        f"You are the receiver of parcel {parcel}. {wish} You give the number of the parcel only "
        "when you are asked for it, and you end the talk when you have what you want."
    )
    opening = wish if number in SAME_OPENING else f"{OPENINGS[trial % 3]} {wish}"
    return {
        "task_id": number,
        "reward": reward,
        "info": {
            "task": {
                "user_id": f"customer_{number}",
                "actions": expected,
                "instruction": script,
                "outputs": [],
            },
            "source": "user",
            "reward_info": {"reward": reward, "info": {"r_actions": reward}, "actions": expected},
        },
        "traj": _talk(number, trial, opening, reward),
        "trial": trial,
    }


def _talk(number: int, trial: int, opening: str, reward: float) -> list[dict[str, Any]]:
    parcel, topic, _ = TASKS[number]
    talk: list[dict[str, Any]] = [
        {"role": "system", "content": POLICY},
        {"role": "user", "content": opening},
        {"role": "assistant", "content": "Gladly. What is the number of your parcel?"},
        {"role": "user", "content": f"It is {parcel}."},
    ]
    if reward > 0:
        talk += _call(f"call_{number}{trial}a", "find_parcel", parcel, {"id": parcel, "late": 5})
    action, words = ACTIONS[topic]
    if reward == 1:
        talk += _call(f"call_{number}{trial}b", action, parcel, {"ok": True})
    else:
        words = GUESSES[topic]
    talk.append({"role": "assistant", "content": words})
    talk.append(
        {"role": "user", "content": ("Thank you. ", "Fine. ", "")[trial % 3] + "###STOP###"}
    )
    return talk


def _call(call_id: str, name: str, parcel: str, result: dict[str, Any]) -> list[dict[str, Any]]:
    function = {"name": name, "arguments": json.dumps({"parcel_id": parcel})}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call_id, "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call_id, "name": name, "content": json.dumps(result)},
    ]
