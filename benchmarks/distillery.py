"""The five stages on a growing corpus: cold, nothing to do, growth, an edit, another setting.

    python benchmarks/distillery.py [--runs 160000] [--shape short] [--repeat 1]
        [--cases NAME ...] [--made FOLDER]

Makes a workspace of generated runs (`benchmarks/corpus.py`: 160,000 short ones of 6 KB, or 4,000
long ones of 250 KB, are 1 GB) and runs `distill run` on it as a process of its own: with two
workers and with one, again with nothing to do, after 1 % was appended to the newest log, after one
record was edited in the middle, after a change of one set's settings. Peak memory is that of all
processes of a run together, sampled. The speed-up of two workers is held beside that of two
independent processes that only compute, which is what the machine can give at that moment; which of
one and two workers comes first changes from repetition to repetition, and what was written before
is on the disk when a run begins. With
`--cases` only the cold run with two workers and the cases that are named are run; with `--made` on
a workspace that `benchmarks/corpus.py` wrote before, which stays. Prints Markdown for
docs/benchmarks.md, a case as soon as it ended to standard error.
"""

import argparse
import ctypes
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from corpus import SHAPES, Shape, make_run, write_corpus

_SAMPLE = 0.05
_ALONE, _COLD = "cold, 1 worker", "cold, 2 workers"
_CASES = (
    _ALONE,
    "nothing to do",
    "1 % appended",
    "one record edited, a quarter in",
    "one record edited, in the middle",
    "one record edited, three quarters in",
    "one record longer, in the middle",
    "another setting of one set",
)
_KCMP = {"aarch64": 272, "x86_64": 312}  # the number of kcmp(2), by machine
_KCMP_VM = 1
_COMPUTE = "x = 0\nfor i in range(20_000_000):\n    x += i * i % 7\n"


@dataclass(frozen=True)
class Measured:
    """One run: wall and CPU seconds, and the peak of resident bytes over all its processes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(workspace: Path, workers: int = 2) -> Measured:
    """Run all stages in a process of its own.

    Raises:
        SystemExit: the run failed.
    """
    program = [sys.executable, "-m", "distill.cli", "run", "--workspace", str(workspace), "-q"]
    os.sync()
    began = monotonic()
    process = os.posix_spawn(
        sys.executable, program, {**os.environ, "DISTILL_WORKERS": str(workers)}
    )
    peak: list[int] = [0]
    watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watch.start()
    _, status, usage = os.wait4(process, 0)
    seconds = monotonic() - began
    watch.join()
    if status != 0:
        raise SystemExit(f"the run ended with status {os.waitstatus_to_exitcode(status)}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, peak[0])


def _watch(process: int, peak: list[int]) -> None:
    """Sample the resident bytes of a process and all below it until it is gone."""
    while _is_there(process):
        below = (_own_share(child, parent) for child, parent in _below(process))
        peak[0] = max(peak[0], _share(process) + sum(below))
        sleep(_SAMPLE)


def _is_there(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _below(process: int) -> Iterator[tuple[int, int]]:
    """Yield the processes that a process started, and those that they did, each with its parent."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in map(int, children):
        yield child, process
        yield from _below(child)


def _own_share(process: int, parent: int) -> int:
    """Return the share of a process; none of one that is on its parent's memory.

    A process that is started by vfork(2), as `subprocess` does, has no memory before it becomes
    another program, and shows all of that of its parent, which waits.
    """
    number = _KCMP.get(platform.machine())
    if number is not None and not ctypes.CDLL(None).syscall(
        number, process, parent, _KCMP_VM, 0, 0
    ):
        return 0
    return _share(process)


def _share(process: int) -> int:
    """Return the resident bytes of a process: of a page that several have, its share."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return 1024 * next(
        (int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0
    )


def speed_up_of_processes() -> float:
    """Return how much faster two processes that only compute are than one after the other."""
    began = monotonic()
    for _ in range(2):
        subprocess.run([sys.executable, "-c", _COMPUTE], check=True)
    alone = monotonic() - began
    began = monotonic()
    both = [subprocess.Popen([sys.executable, "-c", _COMPUTE]) for _ in range(2)]
    for one in both:
        one.wait()
    return alone / (monotonic() - began)


def append(workspace: Path, number: int, runs: int, shape: Shape) -> None:
    """Append new runs, with tasks of their own, to the newest log."""
    words = ["".join(random.Random(i).choices("etaoin", k=6)) for i in range(4000)]
    with max((workspace / "logs").iterdir()).open("ab") as log:
        for new in range(10_000_000 + number, 10_000_000 + number + runs):
            log.write(json.dumps(make_run(new, 4, words, shape)).encode() + b"\n")


def edit(workspace: Path, quarter: int) -> None:
    """Change one letter of one record, so many quarters into the corpus."""
    log, at = _a_letter(workspace, quarter)
    with log.open("r+b") as file:
        file.seek(at)
        file.write(b"b")


def lengthen(workspace: Path) -> None:
    """Put letters into one record in the middle, so that all that follow it in its log move."""
    log, at = _a_letter(workspace, 2)
    content = log.read_bytes()
    log.write_bytes(content[:at] + b"longer " + content[at:])


def _a_letter(workspace: Path, quarter: int) -> tuple[Path, int]:
    """Return a log, so many quarters into the corpus, and the place of a word in its middle."""
    logs = sorted((workspace / "logs").iterdir())
    log = logs[len(logs) * quarter // 4]
    middle = log.stat().st_size // 2
    with log.open("rb") as file:
        file.seek(middle)
        return log, middle + file.read(1 << 20).index(b"a ")


def another_setting(workspace: Path) -> None:
    """Let partially accepted runs into the SFT set, which changes that set alone."""
    path = workspace / "distill.toml"
    path.write_text(path.read_text() + "\n[exports.sft]\ninclude_partial = true\n")


def measure(
    folder: Path, runs: int, shape: Shape, chosen: Collection[str], *, is_turned: bool
) -> dict[str, Measured]:
    """Measure the cold runs and every chosen case of a workspace once.

    The cases run in order; of one worker and two the latter comes first where ``is_turned``.
    """
    changes: tuple[Callable[[], None], ...] = (
        lambda: None,
        lambda: append(folder, 0, runs // 100, shape),
        lambda: edit(folder, 1),
        lambda: edit(folder, 2),
        lambda: edit(folder, 3),
        lambda: lengthen(folder),
        lambda: another_setting(folder),
    )
    found: dict[str, Measured] = {}
    for workers in (2, 1) if is_turned else (1, 2):
        name = (_ALONE, _COLD)[workers - 1]
        if name in (_COLD, *chosen):
            for made in ("data", "exports", "quarantine", "receipts", "reports", ".distill"):
                shutil.rmtree(folder / made, ignore_errors=True)
            found[name] = _told(name, run(folder, workers))
    for name, change in zip(_CASES[1:], changes, strict=True):
        if name in chosen:
            change()
            found[name] = _told(name, run(folder))
    return found


def _told(name: str, one: Measured) -> Measured:
    told = (
        f"{name}: {one.seconds:.2f} s, {one.cpu_seconds:.2f} CPU s, {one.peak_bytes / 1e6:.0f} MB"
    )
    print(told, file=sys.stderr, flush=True)
    return one


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=160_000)
    parser.add_argument("--shape", choices=SHAPES, default="short")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--cases", nargs="*", choices=_CASES, default=_CASES)
    parser.add_argument("--made", type=Path, help="a workspace with so many runs, never run before")
    options = parser.parse_args()
    if options.made is not None and options.repeat > 1:
        parser.error("a workspace that was made before is cold once: --made without --repeat")
    if options.made is not None and not (options.made / "logs").is_dir():
        parser.error(f"{options.made} has no logs: make it with benchmarks/corpus.py")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"load before {os.getloadavg()[0]:.2f}; {options.repeat} repetitions, medians\n")
    shape = SHAPES[options.shape]
    samples: dict[str, list[Measured]] = {}
    computing: list[float] = []
    size = 0
    for repetition in range(options.repeat):
        folder = options.made or Path(tempfile.mkdtemp(prefix="distill-bench-"))
        try:
            if options.made is None:
                write_corpus(options.runs, folder, shape=shape)
            size = sum(log.stat().st_size for log in (folder / "logs").iterdir())
            is_turned = repetition % 2 == 1
            found = measure(folder, options.runs, shape, options.cases, is_turned=is_turned)
        finally:
            if options.made is None:
                shutil.rmtree(folder, ignore_errors=True)
        for name, one in found.items():
            samples.setdefault(name, []).append(one)
        if _ALONE in found:
            computing.append(speed_up_of_processes())
    print(f"{options.runs:,} {options.shape} runs, {size / 1e6:,.0f} MB of logs.\n")
    print("| case | s | MB/s of logs | CPU s | peak MB, all processes | of cold |")
    print("| --- " * 6 + "|")
    cold = statistics.median(one.seconds for one in samples[_COLD])
    for name, taken in samples.items():
        print(_row(name, size, taken, cold), flush=True)
    if _ALONE in samples:
        pairs = zip(samples[_ALONE], samples[_COLD], strict=True)
        gained = [alone.seconds / both.seconds for alone, both in pairs]
        print(f"\nTwo workers against one: {_each(gained)}; ", end="")
        print(f"two processes that only compute: {_each(computing)}.")
    print(f"Load after {os.getloadavg()[0]:.2f}.")


def _each(ratios: list[float]) -> str:
    """Return the median and what it was taken of."""
    return f"{statistics.median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"


def _row(name: str, size: int, taken: list[Measured], cold: float) -> str:
    seconds = statistics.median(one.seconds for one in taken)
    cpu = statistics.median(one.cpu_seconds for one in taken)
    peak = max(one.peak_bytes for one in taken)
    return (
        f"| {name} | {seconds:.2f} | {size / 1e6 / seconds:,.1f} | {cpu:.2f} | {peak / 1e6:,.0f}"
        f" | {seconds / cold:.1%} |"
    )


if __name__ == "__main__":
    main()
