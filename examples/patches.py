# ruff: noqa: INP001
"""SWE-bench's shape: predictions, the harness's report, a task table and a listing of paths."""

from collections.abc import Iterator
from typing import Any

AGENT = "example-agent"
#: instance, file, the issue, the line before and after, the state in the report
INSTANCES = (
    (
        "ledger__ledger-101",
        "ledger/sums.py",
        "Totals ignore credit notes.",
        "total += x",
        "total += signed(x)",
        "resolved",
    ),
    (
        "ledger__ledger-102",
        "ledger/dates.py",
        "Month ends are off by one.",
        "day = 30",
        "day = last_day(month)",
        "resolved",
    ),
    (
        "ledger__ledger-103",
        "ledger/export.py",
        "CSV export drops the header.",
        "rows = rows[1:]",
        "rows = list(rows)",
        "resolved",
    ),
    (
        "ledger__ledger-104",
        "ledger/parse.py",
        "Commas in amounts crash the parser.",
        "float(text)",
        "float(text.strip())",
        "applied",
    ),
    (
        "ledger__ledger-105",
        "ledger/cli.py",
        "The --quiet flag is ignored.",
        "show(result)",
        "show(result) if loud else 0",
        "applied",
    ),
    (
        "ledger__ledger-106",
        "ledger/rates.py",
        "Rates are never refreshed.",
        "rate = cached",
        "rate = fetch()",
        "test_timeout",
    ),
    (
        "ledger__ledger-107",
        "ledger/tax.py",
        "Reduced tax is rounded twice.",
        "round(round(t, 2), 1)",
        "round(t, 2)",
        "no_apply",
    ),
    (
        "ledger__ledger-108",
        "ledger/mail.py",
        "Reminders go to closed accounts.",
        "",
        "",
        "no_generation",
    ),
    (
        "ledger__ledger-109",
        "ledger/undo.py",
        "Undo forgets the note.",
        "note = ''",
        "note = entry.note",
        "resolved",
    ),
)
PATHS = (
    "README.md",
    "ledger/__init__.py",
    *(f"ledger/{name}.py" for name in ("cli", "dates", "export", "mail", "parse", "rates")),
    *(f"ledger/{name}.py" for name in ("sums", "tax")),
    "tests/test_sums.py",
)


def predictions() -> Iterator[dict[str, Any]]:
    """Yield a patch an instance; the last one changes a file that the repository does not have."""
    for instance, path, _, before, after, state in INSTANCES:
        patch = (
            f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
            "@@ -10,3 +10,3 @@ def run(entry):\n     entry = load(entry)\n"
            f"-    {before}\n+    {after}\n"
        )
        yield {
            "instance_id": instance,
            "model_name_or_path": AGENT,
            "model_patch": None if state == "no_generation" else patch,
        }


def report() -> dict[str, list[str]]:
    """Return the harness's report: lists of instances by state, in the first harness's shape."""
    states = (
        "install_fail",
        "reset_failed",
        "no_apply",
        "test_errored",
        "test_timeout",
        "resolved",
    )
    silent = [row[0] for row in INSTANCES if row[5] == "no_generation"]
    spoken = [row[0] for row in INSTANCES if row[5] != "no_generation"]
    applied = [row[0] for row in INSTANCES if row[5] not in ("no_generation", "no_apply")]
    named = {state: [row[0] for row in INSTANCES if row[5] == state] for state in states}
    return {
        "no_generation": silent,
        "generated": spoken,
        "with_logs": spoken,
        "applied": applied,
        **named,
    }


def tasks() -> Iterator[dict[str, Any]]:
    """Yield the task table: what each instance asked for."""
    for instance, _, issue, *_ in INSTANCES:
        yield {
            "task_id": instance,
            "prompt": f"Mend this issue of ledger and answer with a patch.\n\n{issue}",
            "repository": "ledger/ledger",
            "commit": "0" * 40,
        }
