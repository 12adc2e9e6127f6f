# ruff: noqa: INP001
"""Writes the logs in this folder: invented content in the shapes of real logs, the same every time.

Run ``python examples/make_examples.py`` from the root of the repository; a test holds that the
files are what it writes.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from code_runs import BROKEN_LINES, code_runs
from families import families
from notes import notes
from parcel_desk import parcel_runs
from patches import PATHS, predictions, report, tasks
from wide_rows import wide_rows

HERE = Path(__file__).parent


def lines(rows: Iterable[Any]) -> str:
    """Return rows as JSONL."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def examples() -> dict[str, str]:
    """Return all files: path in this folder → text."""
    files = {
        "parcel_desk/gpt-example.json": json.dumps(parcel_runs(), indent=1, ensure_ascii=False),
        "code_runs/run-1.jsonl": lines(code_runs()),
        "code_runs/broken.jsonl": BROKEN_LINES,
        "notes/runs.jsonl": lines(notes()),
        "wide_rows/solutions.jsonl": lines(wide_rows()),
        "patches/example-agent/predictions.jsonl": lines(predictions()),
        "patches/example-agent/report.json": json.dumps(report(), indent=4),
        "patches/tasks.jsonl": lines(tasks()),
        "patches/paths.txt": "".join(path + "\n" for path in PATHS),
    }
    return files | {f"families/{kind}.jsonl": lines(rows) for kind, rows in families().items()}


def main() -> None:
    """Write the files."""
    for name, text in examples().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
