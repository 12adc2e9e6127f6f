"""Two tasks in the shape of aider's SWE-bench results; the texts are made up.

The first has three tries by two models, of which the second was chosen and resolved, and a chat
that ended without a result. The second handed in nothing.
"""

import json
from typing import Any

GOLD = ["ledger/rounding.py", "ledger/amounts/half_even_rounding.py"]
ISSUE = "Totals are off by a cent\n\n> Seen on every invoice since Monday.\n\n#### Steps"
PATCH = "diff --git a/ledger/rounding.py b/ledger/rounding.py\n--- a/ledger/rounding.py\n"
BANNER = """\
> Aider v0.35.1-dev
> Models: {model} with diff edit format, weak model small
> Git repo: ../../private/var/folders/x1/T/tmp1/.git with 12 files
> Repo-map: using 2048 tokens
"""
PATHS = ["ledger/rounding.py", "ledger/amounts/half_even_rounding.py", "ledger/totals.py"]


def attempt(model: str, cost: float, patch: str = PATCH, **changes: Any) -> dict[str, Any]:
    """Return one entry of `all_results`."""
    whole = {
        "instance_id": "acme__ledger-7",
        "model_name_or_path": "aider--one--two",
        "model_patch": patch,
        "model": model,
        "cost": cost,
        "added_files": PATHS[:1],
        "gold_files": GOLD,
        "edited_files": PATHS[:1],
        "edit_outcome": True,
        "lint_outcome": True,
        "test_outcome": True,
        "try": 1,
    }
    return whole | changes


def result(tries: list[dict[str, Any]], chosen: int, **changes: Any) -> dict[str, Any]:
    """Return a task's result: the chosen try, whose cost is that of all, and every try."""
    total = sum(each["cost"] for each in tries)
    return tries[chosen] | {"cost": total, "tries": 1, "all_results": tries} | changes


def printed(text: str) -> str:
    """Return lines as aider writes those that it printed itself, or that the person wrote."""
    return "".join(f"{line}  \n" for line in text.splitlines())


def chat(model: str, price: str, said: str, minute: int) -> str:
    """Return one chat of a transcript, in two turns; the second one costs nothing."""
    asked = "\n".join(f"#### {line}" for line in ISSUE.splitlines())
    return (
        f"\n# aider chat started at 2026-03-01 10:{minute:02}:00\n\n"
        f"{printed(BANNER.format(model=model))}\n{printed(asked)}"
        f"{printed(f'> 1,200 prompt tokens, 30 completion tokens, ${price} cost')}\n"
        f"{said}\n\n"
        f"{printed('> ledger/rounding.py')}{printed('> Add these files to the chat? yes')}"
        f"{printed('> 10 prompt tokens, 5 completion tokens, $0.000000 cost')}\n"
        "#### The change\n\nI round half to even:\n\n```python\n> not printed by aider\n```\n\n"
        f"{printed('> Applied edit to ledger/rounding.py')}"
    )


TRIES = [
    attempt("one", 0.5, "", edit_outcome=None, lint_outcome=None, test_outcome=None),
    attempt("two", 0.25, test_outcome=False),
    attempt("one", 0.125, PATCH + "+x\n"),
]
TRANSCRIPT = "".join(
    (
        "\n# aider chat started at 2026-03-01 09:59:00\n\n",
        chat("one", "0.500000", "I would look at `ledger/rounding/modes.py` first.", 0),
        chat("two", "0.250000", "It is `ledger/rounding.py`.", 1),
        chat("one", "0.125000", "I will add `ledger/rounding/cash.py`, a new file.", 2),
    )
)
SILENT = {"instance_id": "acme__ledger-8", "edit_outcome": None, "test_outcome": None}
FILES = {
    "predictions/run-1/acme__ledger-7.json": json.dumps(
        result(TRIES, 1, resolved=True), indent=4
    ).encode(),
    "predictions/run-1/acme__ledger-7.md": TRANSCRIPT.encode(),
    "predictions/run-1/acme__ledger-8.json": json.dumps(
        result([attempt("one", 0.5, "", **SILENT)], 0, resolved=False)
    ).encode(),
}
