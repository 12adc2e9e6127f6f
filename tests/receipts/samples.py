"""A small receipt, and ways to change its JSON."""

import copy
import json
from typing import Any

HEX = "ab" * 32


def file(**changes: Any) -> dict[str, Any]:
    """Return the JSON of a file entry."""
    entry = {
        "role": "logs",
        "path": "logs/a.jsonl",
        "bytes": 3,
        "blake3": HEX,
        "sha256": HEX,
        "records": 1,
        "root": HEX,
    }
    return entry | changes


GIT = {
    "state": "clean",
    "commit": "1" * 40,
    "tree": "2" * 40,
    "dirty_tree": None,
    "shallow": False,
    "from_wheel": False,
}

RECEIPT: dict[str, Any] = {
    "format": "distill.receipt/1",
    "claim": {
        "stage": "copy",
        "version": 1,
        "key": HEX,
        "code": {"digest": HEX, "files": {"pkg/stage.py": HEX}, "function": "pkg.stage:copy"},
        "environment": {"python": "3.11", "distributions": {"distill": "0.1.0"}},
        "parameters": {"depth": 1, "share": {"float": "0.5"}},
        "targets": [{"role": "rows", "path": "out", "kind": "tree"}],
        "inputs": [file()],
        "outputs": [file(role="rows", path="out/a.txt", records=None, root=None)],
        "parents": [{"stage": "index", "claim": HEX}],
        "counts": {"total": {"read": 1}, "by_source": {"a": {"read": 1}}},
        "laws": [
            {"name": "l", "unit": "records", "left": {"a": 1}, "right": {"b": 1}, "source": None}
        ],
        "validation": {
            "status": "passed",
            "checks": [{"name": "completed", "passed": True, "detail": ""}],
        },
        "notes": {"any": ["thing"]},
    },
    "run": {
        "id": "0123",
        "started_at": "2026-01-31T08:00:00.000Z",
        "ended_at": "2026-01-31T08:00:01.500Z",
        "duration_ms": 1500,
        "trigger": {"kind": "python", "id": None},
        "parents": [HEX],
        "code": GIT,
        "workspace": {**GIT, "state": "no_repo", "commit": None, "tree": None},
        "error": None,
    },
}


def changed(path: str, value: Any, *, receipt: dict[str, Any] = RECEIPT) -> dict[str, Any]:
    """Return the sample with another value at a place like ``claim|inputs|0|bytes``."""
    made = copy.deepcopy(receipt)
    *way, last = path.split("|")
    here: Any = made
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    here[int(last) if isinstance(here, list) else last] = value
    return made


def raw(value: Any) -> bytes:
    """Return JSON as a receipt's bytes, canonical where the value allows it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"
