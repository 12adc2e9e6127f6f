# ruff: noqa: INP001
"""The eight families of the project's first version; extractions join reviews by their file."""

from typing import Any

FILES = (
    ("billing/invoice.py", "the rounding of tax", "Round once, at the end of the sum."),
    (
        "billing/refund.py",
        "refunds without an invoice",
        "Refuse a refund whose invoice is unknown.",
    ),
    (
        "auth/session.py",
        "the lifetime of sessions",
        "Expire a session on the server, not in a cookie.",
    ),
    ("auth/tokens.py", "how tokens are compared", "Compare in constant time."),
    (
        "search/index.py",
        "the rebuild of the index",
        "Build beside the old index and swap by rename.",
    ),
    ("search/query.py", "empty queries", "Answer an empty query with nothing, not with all."),
    ("mail/queue.py", "retries of mail", "Back off and give up after a day."),
    ("mail/render.py", "names in templates", "Escape names before they reach the template."),
)
SCRUM = (
    "accepted",
    "accepted",
    "rejected",
    "accepted",
    "partial",
    "accepted",
    "accepted",
    "rejected",
)
OBSERVER = ("reject", "accept", "reject", "cycle", "accept", "reject", "accept", "reject")
FRACTIONS = (0.97, 0.91, 0.62, 0.55, 0.18, 1.0, 0.74, 0.05)


def families() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each family, by source category."""
    return {
        "scrum_reviews": [_scrum(i) for i in range(8)],
        "observer_reviews": [_observer(i) for i in range(8)],
        "mode_experiments": [_experiment(i) for i in range(8)],
        "distilled_facts": [_extract("fact", i, f"{FILES[i][0]}: {FILES[i][2]}") for i in range(6)],
        "distilled_procedures": [_procedure(i) for i in range(6)],
        "distilled_config_hints": [
            _extract("hint", i, f"Set {_word(i)}_limit in settings.toml before a change to it.")
            for i in range(6)
        ],
        "audit_facts": [_audit(i) for i in range(6)],
        "observer_escalations": [_escalation(i) for i in range(6)],
    }


def _word(i: int) -> str:
    return FILES[i][0].split("/")[1].removesuffix(".py")


def _prompt(i: int) -> str:
    return f"Review {FILES[i][0]}. Look at {FILES[i][1]} and say what you would change."


def _time(day: int, i: int) -> str:
    return f"2026-03-{day:02d}T09:{5 * i:02d}:00Z"


def _scrum(i: int) -> dict[str, Any]:
    path, topic, advice = FILES[i]
    return {
        "review_id": f"scrum-{i:03d}",
        "file": path,
        "prompt": _prompt(i),
        "review": f"I read {path} for {topic}. {advice} I would add a test that fails today.",
        "verdict": SCRUM[i],
        "model": "example-large",
        "reviewed_at": _time(2, i),
    }


def _observer(i: int) -> dict[str, Any]:
    path, topic, advice = FILES[i]
    kept = f"{advice} The change is small." if OBSERVER[i] == "accept" else "It looks fine to me."
    return {
        "observation_id": f"observer-{i:03d}",
        "file": path,
        "prompt": _prompt(i),
        "review": f"As to {topic} in {path}: {kept}",
        "decision": OBSERVER[i],
        "model": "example-small",
        "observed_at": _time(3, i),
    }


def _experiment(i: int) -> dict[str, Any]:
    path, topic, advice = FILES[i]
    return {
        "experiment_id": f"mode-{i:03d}",
        "mode": ("direct", "stepwise")[i % 2],
        "task_id": f"explain-{_word(i // 2)}",
        "prompt": f"Explain {FILES[i // 2 * 2][1]} to a new colleague.",
        "response": f"In {path} it is about {topic}. {advice}",
        "validation_results": {"grounded_fraction": FRACTIONS[i], "claims": 4 + i},
        "model": "example-large",
        "ran_at": _time(4, i),
    }


def _extract(kind: str, i: int, text: str) -> dict[str, Any]:
    return {
        f"{kind}_id": f"{kind}-{i:03d}",
        kind: text,
        "file": FILES[i][0],
        "model": "example-small",
        "extracted_at": _time(5, i),
    }


def _procedure(i: int) -> dict[str, Any]:
    path, topic, advice = FILES[i]
    return {
        "procedure_id": f"procedure-{i:03d}",
        "steps": [f"1. Open {path}.", f"2. Find {topic}.", f"3. {advice}", "4. Run the tests."],
        "file": path,
        "model": "example-small",
        "extracted_at": _time(6, i),
    }


def _audit(i: int) -> dict[str, Any]:
    # The last one belongs to a file that nobody reviewed: no parent, so a person must look.
    path = FILES[i][0] if i < 5 else "docs/index.md"
    return {
        "audit_id": f"audit-{i:03d}",
        "finding": f"{path} has no test for {FILES[i][1]}.",
        "file": path,
        "audited_at": _time(7, i),
    }


def _escalation(i: int) -> dict[str, Any]:
    return {
        "escalation_id": f"escalation-{i:03d}",
        "escalation": f"Two reviews of {FILES[i][0]} disagree about {FILES[i][1]}; please decide.",
        "file": FILES[i][0],
        "escalated_at": _time(8, i),
    }
