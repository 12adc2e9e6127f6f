"""A generated corpus of agents' runs: JSONL in files of a size, deterministic, invented content.

    python benchmarks/corpus.py RUNS FOLDER [--runs-per-task 4]

writes ``FOLDER/logs/runs-NNN.jsonl`` and a ``FOLDER/distill.toml`` that reads them with `mapped`.
The text is random words, so it compresses and repeats less than real logs do; sizes, turns and the
shares of verdicts are in the range of the public coding-agent sets.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CONFIGURATION = """\
[sources.agents]
kind = "mapped"
paths = ["logs/*.jsonl"]
dataset = "generated"
role = "train"
licence = "proprietary"
run_id = "/run"
task_id = "/task"
task_fields = ["/task"]
messages = "/messages"
tools = "/tools"
model = "/model"
timestamp = "/ended_at"
answer_keys = ["/gold"]

[sources.agents.verdict]
pointer = "/reward"
name = "reward"
origin = "test_harness"
thresholds = { accepted = 1.0, partially_accepted = 0.5 }
"""

_RUNS_A_FILE = 5000
_WORDS = 4000


def write_corpus(runs: int, folder: Path, *, runs_per_task: int = 4, seed: int = 7) -> int:
    """Write a workspace with `runs` runs and return the bytes of its logs."""
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (folder / "distill.toml").write_text(_CONFIGURATION, encoding="utf-8")
    words = made_up_words(random.Random(seed))
    written = 0
    for first in range(0, runs, _RUNS_A_FILE):
        path = logs / f"runs-{first // _RUNS_A_FILE:04d}.jsonl"
        with path.open("wb") as file:
            for number in range(first, min(first + _RUNS_A_FILE, runs)):
                line = json.dumps(make_run(number, runs_per_task, words), ensure_ascii=False)
                written += file.write(line.encode() + b"\n")
    return written


def made_up_words(rng: random.Random) -> list[str]:
    """Return the words that texts are drawn from."""
    return ["".join(rng.choices("etaoinshrdlucmfw", k=rng.randint(2, 10))) for _ in range(_WORDS)]


def make_run(number: int, runs_per_task: int, words: list[str]) -> dict[str, Any]:
    """Return one run; its task's prompt is the same for every run of the task."""
    task = number // runs_per_task
    of_task, of_run = random.Random(f"task-{task}"), random.Random(f"run-{number}")
    reward = of_run.choices([1.0, 0.6, 0.0], weights=[5, 2, 3])[0]
    return {
        "run": f"r{number:08d}",
        "task": f"t{task:07d}",
        "model": of_run.choice(["alpha-1", "beta-2"]),
        "ended_at": f"2026-10-{1 + number % 28:02d}T12:00:00Z",
        "messages": [
            {"role": "system", "content": "You mend software. Use the tools."},
            {"role": "user", "content": _text(of_task, words, 120)},
            *_turns(of_run, words),
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "shell",
                    "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}},
                },
            }
        ],
        "reward": reward,
        "gold": _text(of_task, words, 40),
    }


def _turns(rng: random.Random, words: list[str]) -> Iterator[dict[str, Any]]:
    for turn in range(rng.randint(2, 6)):
        call = {
            "id": f"c{turn}",
            "type": "function",
            "function": {"name": "shell", "arguments": json.dumps({"cmd": _text(rng, words, 8)})},
        }
        yield {"role": "assistant", "content": _text(rng, words, 20), "tool_calls": [call]}
        yield {"role": "tool", "tool_call_id": f"c{turn}", "content": _text(rng, words, 90)}
    yield {"role": "assistant", "content": _text(rng, words, 80)}


def _text(rng: random.Random, words: list[str], number: int) -> str:
    return " ".join(rng.choices(words, k=number))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("runs", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs-per-task", type=int, default=4)
    options = parser.parse_args()
    size = write_corpus(options.runs, options.folder, runs_per_task=options.runs_per_task)
    print(f"{options.runs:,} runs, {size:,} bytes")
