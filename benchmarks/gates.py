"""What each observer of the gates costs, alone and all together, beside its nearest library.

    python benchmarks/gates.py [--runs 400] [--text FILE …] [--rounds 3]

Observers are measured over generated runs, or over text files of yours (each file is one run). A
library is installed into an environment of its own, is given the same texts (the first
`SAMPLE` characters of them, since some take hours for a gigabyte), and runs between our rounds.
Rates are millions of characters for a second of CPU, the best of all rounds; joining a run's texts,
which observers share, counts for each that is measured alone.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

from corpus import make_run

from distill.firewall import benchmark_contamination
from distill.firewall.benchmark_index import BenchmarkIndex
from distill.firewall.benchmark_items import item_of
from distill.firewall.observing import OBSERVERS, observe
from distill.records.run_texts import RunTexts
from distill.sources.messages import read_messages

SAMPLE: Final = 300_000
#: By gate: what is installed, and the script beside this one that scans with it.
PEERS: Final = {
    "secret_detected": ("detect-secrets==1.5.0", "gates_detect_secrets.py"),
    "near_duplicate": ("datasketch==2.0.0", "gates_datasketch.py"),
    "benchmark_contamination": (
        "datatrove==0.10.1 spacy orjson regex xxhash<4",
        "gates_datatrove.py",
    ),
}
#: How many items the list has that runs are compared with.
ITEMS: Final = 2_000

Run = dict[str, Any]


def generated(number: int) -> Iterator[Run]:
    """Yield the fields of generated runs."""
    rng = random.Random(7)
    words = ["".join(rng.choices("etaoinshrdlucmfw", k=rng.randint(2, 10))) for _ in range(4000)]
    for one in range(number):
        yield {"messages": read_messages(make_run(one, 4, words)["messages"])}


def benchmark() -> BenchmarkIndex:
    """Return a list of made-up items, some 500 words each, of which runs hold none."""
    rng = random.Random(11)
    words = ["".join(rng.choices("etaoinshrdlucmfw", k=rng.randint(2, 10))) for _ in range(4000)]
    rows = (
        {
            "id": f"item/{n}",
            "prompt": " ".join(rng.choices(words, k=250)),
            "answer": " ".join(rng.choices(words, k=250)),
        }
        for n in range(ITEMS)
    )
    return BenchmarkIndex("made-up", "1", [item_of(row) for row in rows])


def characters(runs: Sequence[Run]) -> int:
    """Return how many characters the texts of all runs have."""
    return sum(len(placed.text) for run in runs for placed in RunTexts(**run).all)


def seconds(runs: Sequence[Run], ask: Callable[[RunTexts], object]) -> float:
    """Return the CPU seconds that an observer takes for all runs; placing texts is not counted."""
    texts = [RunTexts(**run) for run in runs]
    for one in texts:
        _ = one.all, one.labels
    began = time.process_time()
    for one in texts:
        ask(one)
    return time.process_time() - began


class Peer:
    """A library in an environment of its own, with a file of the texts that it is given."""

    def __init__(self, folder: Path, requirement: str, script: str, texts: Path) -> None:
        venv.create(folder, with_pip=True)
        self._command = [
            str(folder / "bin/python"),
            str(Path(__file__).parent / script),
            str(texts),
        ]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run(
            [self._command[0], "-m", "pip", "install", "-q", *requirement.split()],
            check=True,
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def seconds(self) -> float:
        """Return the CPU seconds that it says it took for the texts."""
        done = subprocess.run(self._command, check=True, capture_output=True, text=True)
        return float(done.stdout)


def sample(runs: Sequence[Run], path: Path) -> int:
    """Write the first texts of the runs as JSON lines, and return their characters."""
    written = 0
    with path.open("w", encoding="ascii") as file:
        for placed in (placed for run in runs for placed in RunTexts(**run).all):
            file.write(json.dumps(placed.text) + "\n")
            written += len(placed.text)
            if written > SAMPLE:
                break
    return written


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--text", type=Path, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = (path.read_text(encoding="utf-8", errors="replace") for path in options.text)
    runs = [{"text": text} for text in files] or list(generated(options.runs))
    total = characters(runs)
    lists = (benchmark(),)
    asked: dict[str, Callable[[RunTexts], object]] = {
        **{name: ask for name, (_, ask) in OBSERVERS.items()},
        "benchmark_contamination": partial(benchmark_contamination.observe, benchmarks=lists),
        "all together": partial(observe, benchmarks=lists),
    }
    ours = {name: [] for name in asked}
    theirs: dict[str, list[float]] = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory() as scratch:
        texts = Path(scratch) / "texts.jsonl"
        sampled = sample(runs, texts)
        peers = {n: Peer(Path(scratch) / n, *peer, texts) for n, peer in PEERS.items()}
        for _ in range(options.rounds):
            for name, ask in asked.items():
                ours[name].append(seconds(runs, ask))
            for name, peer in peers.items():
                theirs[name].append(peer.seconds())
    print(f"{len(runs)} runs, {total:,} characters; load {os.getloadavg()[0]:.1f}\n")
    print("| observer | MB/s | nearest library | MB/s |")
    print("| --- | ---: | --- | ---: |")
    for name, taken in ours.items():
        peer, rate = "", ""
        if name in PEERS:
            peer, rate = PEERS[name][0], f"{sampled / min(theirs[name]) / 1e6:.3f}"
        print(f"| `{name}` | {total / max(min(taken), 1e-9) / 1e6:.1f} | {peer} | {rate} |")


if __name__ == "__main__":
    main()
