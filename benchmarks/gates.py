"""What each observer of the gates costs, alone and all together, beside its nearest library.

    python benchmarks/gates.py [--runs 400] [--text FILE …] [--rounds 3] [--processes 2]

Observers are measured over generated runs, or over text files of yours (each file is one run), in
parts of `PART` characters, whose runs are observed together as those of a part of a log are. A
library is installed into an environment of its own, is given the same texts (the first
300,000 characters of them, since some take hours for a gigabyte), and runs between our rounds.
Rates are millions of characters for a second of CPU, the best of all rounds; joining a run's texts,
which observers share, counts for each that is measured alone.

With `--processes` only all observers together are measured, in so many processes that each observe
all runs at the same time, by the clock: from when the first begins until the last is done, the
median of all rounds.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import Barrier, Process, Queue
from pathlib import Path
from statistics import median
from typing import Any, Final

from corpus import made_up_words, make_run
from gates_peers import PEERS, Peer, sample

from distill.firewall import benchmark_contamination
from distill.firewall.benchmark_index import BenchmarkIndex
from distill.firewall.benchmark_items import item_of
from distill.firewall.looking import together
from distill.firewall.observing import OBSERVERS, observe_all
from distill.records.run_texts import RunTexts
from distill.sources.messages import read_messages

#: How many items the list has that runs are compared with.
ITEMS: Final = 2_000

#: Characters of the runs that are observed together, about those of a segment of a log.
PART: Final = 128 * 1024

Run = dict[str, Any]
Ask = Callable[[Sequence[RunTexts]], object]


def generated(number: int) -> Iterator[Run]:
    """Yield the fields of generated runs."""
    words = made_up_words(random.Random(7))
    for one in range(number):
        yield {"messages": read_messages(make_run(one, 4, words)["messages"])}


def benchmark() -> BenchmarkIndex:
    """Return a list of made-up items, some 500 words each, of which runs hold none."""
    rng = random.Random(11)
    words = made_up_words(rng)
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


def parts(runs: Sequence[Run]) -> list[list[RunTexts]]:
    """Return what observers are asked about, part by part; placing texts is done before."""
    found: list[list[RunTexts]] = [[]]
    size = 0
    for run in runs:
        texts = RunTexts(**run)
        chars = sum(len(placed.text) for placed in (*texts.all, *texts.labels))
        if found[-1] and size + chars > PART:
            found.append([])
            size = 0
        found[-1].append(texts)
        size += chars
    return found


def seconds(runs: Sequence[Run], ask: Ask) -> float:
    """Return the CPU seconds that some observers take for all runs."""
    made = parts(runs)
    began = time.process_time()
    for part in made:
        ask(part)
    return time.process_time() - began


def alone(observe: Callable[[RunTexts], object]) -> Ask:
    """Return what asks one observer about each run of a part."""

    def ask(part: Sequence[RunTexts]) -> None:
        with together(part):
            for texts in part:
                observe(texts)

    return ask


def at_once(
    options: argparse.Namespace, barrier: Barrier, lists: int, times: "Queue[tuple[float, float]]"
) -> None:
    """Observe all runs, once for each round and once before; put begin and end of each round."""
    runs = runs_of(options)
    ask = partial(observe_all, benchmarks=[benchmark()] * lists)
    seconds(runs, ask)
    for _ in range(options.rounds):
        made = parts(runs)
        barrier.wait()
        began = time.perf_counter()
        for part in made:
            ask(part)
        times.put((began, time.perf_counter()))
        barrier.wait()


def rate_at_once(options: argparse.Namespace, lists: int, total: int) -> float:
    """Return the characters that all processes observe in a second by the clock, the median."""
    times: Queue[tuple[float, float]] = Queue()
    barrier = Barrier(options.processes)
    arguments = (options, barrier, lists, times)
    workers = [Process(target=at_once, args=arguments) for _ in range(options.processes)]
    for worker in workers:
        worker.start()
    # What is put between two barriers is of one round, but may be taken in any order.
    taken = sorted(times.get() for _ in range(options.processes * options.rounds))
    for worker in workers:
        worker.join()
    rounds = [taken[at : at + options.processes] for at in range(0, len(taken), options.processes)]
    spans = [max(end for _, end in one) - one[0][0] for one in rounds]
    return options.processes * total / median(spans)


def runs_of(options: argparse.Namespace) -> list[Run]:
    """Return the runs that the options name."""
    files = (path.read_text(encoding="utf-8", errors="replace") for path in options.text)
    return [{"text": text} for text in files] or list(generated(options.runs))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--text", type=Path, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int)
    options = parser.parse_args()
    runs = runs_of(options)
    print(f"{len(runs)} runs, {characters(runs):,} characters; load {os.getloadavg()[0]:.1f}\n")
    if options.processes:
        measure_at_once(options, characters(runs))
    else:
        measure_each(runs, options.rounds)


def measure_at_once(options: argparse.Namespace, total: int) -> None:
    """Measure all observers in several processes at once, with a list and without one."""
    print(f"| all observers, {options.processes} processes | MB/s |")
    print("| --- | ---: |")
    for name, lists in (("without a list", 0), ("with a list", 1)):
        print(f"| {name} | {rate_at_once(options, lists, total) / 1e6:.1f} |")


def measure_each(runs: Sequence[Run], rounds: int) -> None:
    """Measure each observer and all together on one core, beside the libraries."""
    total = characters(runs)
    lists = (benchmark(),)
    compared = partial(benchmark_contamination.observe, benchmarks=lists)
    asked: dict[str, Ask] = {
        **{name: alone(ask) for name, (_, ask) in OBSERVERS.items()},
        "benchmark_contamination": alone(compared),
        "all together, without a list": observe_all,
        "all together": partial(observe_all, benchmarks=lists),
    }
    ours: dict[str, list[float]] = {name: [] for name in asked}
    theirs: dict[str, list[float]] = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory() as scratch:
        texts = Path(scratch) / "texts.jsonl"
        said = (placed.text for run in runs for placed in RunTexts(**run).all)
        sampled = sample(said, texts)
        peers = {n: Peer(Path(scratch) / n, *peer, texts) for n, peer in PEERS.items()}
        for _ in range(rounds):
            for name, ask in asked.items():
                ours[name].append(seconds(runs, ask))
            for name, peer in peers.items():
                theirs[name].append(peer.seconds())
    print("| observer | MB/s | nearest library | MB/s |")
    print("| --- | ---: | --- | ---: |")
    for name, taken in ours.items():
        library, rate = "", ""
        if name in PEERS:
            library, rate = PEERS[name][0], f"{sampled / min(theirs[name]) / 1e6:.3f}"
        print(f"| `{name}` | {total / max(min(taken), 1e-9) / 1e6:.1f} | {library} | {rate} |")


if __name__ == "__main__":
    main()
