"""Each stage on a generated corpus: records and megabytes a second, and peak memory.

    python benchmarks/stages.py [--sizes 25000 100000] [--shape short] [--repeat 3]

Each stage runs as a process of its own (`distill build-evidence`, …) in a fresh workspace, so that
seconds include start-up and receipts, and peak memory is that of the stage alone. With several
sizes the growth of memory shows. Prints a Markdown table for docs/benchmarks.md.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from corpus import SHAPES, Shape, write_corpus

_COMMANDS = ("build-evidence", "score", "export-rag", "export-sft", "export-preference")


@dataclass(frozen=True)
class Measured:
    """One run of one command: wall and CPU seconds, peak resident bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(command: str, workspace: Path) -> Measured:
    """Run one command of the CLI in a process of its own and return what it took.

    Raises:
        SystemExit: the command failed.
    """
    program = [sys.executable, "-m", "distill.cli", command, "--workspace", str(workspace), "-q"]
    began = monotonic()
    process = os.posix_spawn(sys.executable, program, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = monotonic() - began
    if status != 0:
        raise SystemExit(f"{command} ended with status {os.waitstatus_to_exitcode(status)}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def run_once(runs: int, shape: Shape, folder: Path) -> tuple[int, dict[str, Measured]]:
    """Make a workspace with `runs` runs, run the five stages, and a run with nothing to do."""
    size = write_corpus(runs, folder, shape=shape)
    measured = {command: measure(command, folder) for command in _COMMANDS}
    measured["run, nothing to do"] = measure("run", folder)
    return size, measured


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--shape", choices=SHAPES, default="short")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"load before {os.getloadavg()[0]:.2f}, {options.repeat} repetitions, medians\n")
    print("| runs | MB of logs | stage | s | runs/s | MB/s of logs | CPU s | peak MB |")
    print("| --- " * 8 + "|")
    for runs in options.sizes:
        samples: dict[str, list[Measured]] = {}
        size = 0
        for _ in range(options.repeat):
            folder = Path(tempfile.mkdtemp(prefix="distill-bench-"))
            try:
                size, measured = run_once(runs, SHAPES[options.shape], folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            for name, sample in measured.items():
                samples.setdefault(name, []).append(sample)
        for name, taken in samples.items():
            print(_row(runs, size, name, taken), flush=True)


def _row(runs: int, size: int, name: str, taken: list[Measured]) -> str:
    seconds = statistics.median(sample.seconds for sample in taken)
    cpu = statistics.median(sample.cpu_seconds for sample in taken)
    peak = max(sample.peak_bytes for sample in taken)
    return (
        f"| {runs:,} | {size / 1e6:,.0f} | {name} | {seconds:.1f} | {runs / seconds:,.0f}"
        f" | {size / 1e6 / seconds:,.1f} | {cpu:.1f} | {peak / 1e6:,.0f} |"
    )


if __name__ == "__main__":
    main()
