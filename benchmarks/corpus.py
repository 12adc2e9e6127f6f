"""A generated corpus of agents' runs: JSONL in files of a size, deterministic, invented content.

    python benchmarks/corpus.py RUNS FOLDER [--shape short] [--runs-per-task 4]

writes ``FOLDER/logs/runs-NNN.jsonl`` and a ``FOLDER/distill.toml`` that reads them with `mapped`.
The text is random words, so it compresses and repeats less than real logs do. Runs are of one of
two shapes: `short` ones of 6 KB with 2 to 6 calls, in which what a run costs whatever its length
weighs most, and `long` ones of 250 KB and 64 messages on average, as the trajectories of coding
agents are that are published by the ten thousand (SWE-rebench with OpenHands: 67,074 runs of 64.3
turns and some 250 KB). The shares of verdicts are in the range of such sets.
"""

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
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

_WORDS = 4000


@dataclass(frozen=True)
class Shape:
    """How long the runs are: calls of a run, words of each part of a turn, runs of a log.

    The number of calls is drawn evenly between its bounds; the words of a result are drawn so that
    ``result`` is their mean and few results are much longer, where ``is_uneven``.
    """

    calls: tuple[int, int]
    thought: int
    command: int
    result: int
    runs_a_log: int
    is_uneven: bool = False

    def words_of_result(self, rng: random.Random) -> int:
        """Return how many words the next result has, at least one."""
        if not self.is_uneven:
            return self.result
        return 1 + int(self.result * rng.paretovariate(1.5) / 3)  # the mean of the draw is 3


SHORT = Shape(calls=(2, 6), thought=20, command=8, result=90, runs_a_log=5000)
LONG = Shape(calls=(10, 52), thought=80, command=20, result=1020, runs_a_log=128, is_uneven=True)
SHAPES = {"short": SHORT, "long": LONG}


def write_corpus(
    runs: int, folder: Path, *, runs_per_task: int = 4, seed: int = 7, shape: Shape = SHORT
) -> int:
    """Write a workspace with `runs` runs of a shape and return the bytes of its logs."""
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (folder / "distill.toml").write_text(_CONFIGURATION, encoding="utf-8")
    words = made_up_words(random.Random(seed))
    written = 0
    for first in range(0, runs, shape.runs_a_log):
        path = logs / f"runs-{first // shape.runs_a_log:04d}.jsonl"
        with path.open("wb") as file:
            for number in range(first, min(first + shape.runs_a_log, runs)):
                run = make_run(number, runs_per_task, words, shape)
                line = json.dumps(run, ensure_ascii=False)
                written += file.write(line.encode() + b"\n")
    return written


def made_up_words(rng: random.Random) -> list[str]:
    """Return the words that texts are drawn from."""
    return ["".join(rng.choices("etaoinshrdlucmfw", k=rng.randint(2, 10))) for _ in range(_WORDS)]


def make_run(
    number: int, runs_per_task: int, words: list[str], shape: Shape = SHORT
) -> dict[str, Any]:
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
            *_turns(of_run, words, shape),
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


def _turns(rng: random.Random, words: list[str], shape: Shape) -> Iterator[dict[str, Any]]:
    for turn in range(rng.randint(*shape.calls)):
        command = _text(rng, words, shape.command)
        call = {
            "id": f"c{turn}",
            "type": "function",
            "function": {"name": "shell", "arguments": json.dumps({"cmd": command})},
        }
        thought = _text(rng, words, shape.thought)
        yield {"role": "assistant", "content": thought, "tool_calls": [call]}
        result = _text(rng, words, shape.words_of_result(rng))
        yield {"role": "tool", "tool_call_id": f"c{turn}", "content": result}
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
    parser.add_argument("--shape", choices=SHAPES, default="short")
    options = parser.parse_args()
    size = write_corpus(
        options.runs,
        options.folder,
        runs_per_task=options.runs_per_task,
        shape=SHAPES[options.shape],
    )
    print(f"{options.runs:,} runs, {size:,} bytes")
