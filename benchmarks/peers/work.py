"""What the five stages do with one record, or with one task's records; lines have no newline."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

_CATEGORIES = {
    "accepted": "accepted",
    "partial": "partially_accepted",
    "rejected": "rejected",
    "unknown": "needs_human_review",
}
_MOST_PAIRS = 5


def indexed(line: bytes, file: str, start: int) -> bytes:
    """Add where a record comes from, and tidy its prompt."""
    record = json.loads(line)
    record["prompt"] = " ".join(record["prompt"].split())
    record["from"] = {"file": file, "start": start, "sha256": sha256(line).hexdigest()}
    return json.dumps(record).encode()


def scored(line: bytes) -> bytes:
    """Add the category that follows from the verdict."""
    record = json.loads(line)
    record["category"] = _CATEGORIES[record["verdict"]]
    return json.dumps(record).encode()


def rag_row(line: bytes) -> bytes | None:
    """Return the passage of a run that is not rejected."""
    record = json.loads(line)
    if record["category"] not in {"accepted", "partially_accepted"}:
        return None
    row = {"id": record["run_id"], "text": record["response"], "from": record["from"]}
    return json.dumps(row).encode()


def sft_row(line: bytes) -> bytes | None:
    """Return the conversation of an accepted run."""
    record = json.loads(line)
    if record["category"] != "accepted":
        return None
    turns = [record["prompt"], record["response"]]
    return json.dumps({"id": record["run_id"], "turns": turns, "from": record["from"]}).encode()


def task_of(line: bytes) -> str:
    """Return the task that a run tried."""
    return str(json.loads(line)["task_id"])


def pairs(task: str, lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield an accepted run beside a rejected one, at most a few for a task."""
    by_category: dict[str, list[str]] = {}
    for line in lines:
        record = json.loads(line)
        by_category.setdefault(record["category"], []).append(record["response"])
    chosen, rejected = (by_category.get(name, []) for name in ("accepted", "rejected"))
    for better, worse in list(zip(chosen, rejected, strict=False))[:_MOST_PAIRS]:
        yield json.dumps({"task": task, "chosen": better, "rejected": worse}).encode()
