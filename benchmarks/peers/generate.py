"""The records of the side-by-side: runs of agents as eight logs, and growth by a share of them."""

import json
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

FILES = 8
_SEED = 11
_VERDICTS = ("accepted", "partial", "rejected", "unknown")
_VOCABULARY = tuple(sha256(str(n).encode()).hexdigest()[: 3 + n % 7] for n in range(3000))


def write_logs(folder: Path, records: int) -> int:
    """Write so many records into eight logs, about 570 bytes each; return the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder, _records(0, records, records // 4 + 1), "wb")


def grow_logs(folder: Path, records: int, share: float = 0.01) -> int:
    """Append a share of the records to the ends of the logs; return the bytes appended."""
    return _write(folder, _records(records, round(records * share), records // 4 + 1), "ab")


def _write(folder: Path, records: Iterator[dict[str, object]], mode: str) -> int:
    logs = [(folder / f"source{number}.jsonl").open(mode) for number in range(FILES)]
    size = 0
    for number, record in enumerate(records):
        line = json.dumps(record).encode() + b"\n"
        size += logs[(number * 5 + number // FILES) % FILES].write(line)
    for log in logs:
        log.close()
    return size


def _records(first: int, count: int, tasks: int) -> Iterator[dict[str, object]]:
    draw = random.Random(_SEED + first)
    for number in range(first, first + count):
        yield {
            "run_id": f"run-{number:08d}",
            "task_id": f"task-{draw.randrange(tasks)}",
            "at": 1_700_000_000 + number,
            "verdict": draw.choice(_VERDICTS),
            "prompt": "  ".join(draw.choices(_VOCABULARY, k=25)),
            "response": " ".join(draw.choices(_VOCABULARY, k=50)),
            "files": [f"src/{draw.choice(_VOCABULARY)}.py"],
        }
