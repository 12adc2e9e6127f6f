"""`distill verify` against `b3sum` on the same files with as many threads: paired, interleaved.

    python benchmarks/verify.py [--megabytes 2048] [--files 4] [--small 2000] [--pairs 7]

A workspace is made whose one receipt names all the files; `distill verify` rereads them with the
receipts and the ledger, `b3sum --num-threads N` only hashes them. Each is a process of its own, the
files are in the page cache, and the order changes from pair to pair, so that a drift of the
machine falls on both. `b3sum` maps files; `--no-mmap` lets it read them, as Distill always does.
Prints Markdown tables for docs/benchmarks.md.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from listing_stage import listing

from distill.receipts import Workspace, workspace_scope

TARGET = 0.8
MEBIBYTE = 1 << 20
# Installed code is compiled; a developer's shell may keep a checkout from being so.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Measured:
    """One process: wall and CPU seconds."""

    seconds: float
    cpu_seconds: float


def measure(command: Sequence[str]) -> Measured:
    """Run a command and return what it took.

    Raises:
        SystemExit: it failed.
    """
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    began = monotonic()
    process = os.posix_spawnp(command[0], command, ENVIRONMENT, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    seconds = monotonic() - began
    if status != 0:
        raise SystemExit(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime)


def make_workspace(root: Path, files: int, size: int) -> list[str]:
    """Write files of random bytes and a receipt that names them; return their paths."""
    (root / "logs").mkdir(parents=True)
    (root / "distill.toml").write_text("")
    block = os.urandom(min(size, MEBIBYTE))
    paths = [root / "logs" / f"{number:05d}.bin" for number in range(files)]
    for number, path in enumerate(paths):
        with path.open("wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
            file.write(number.to_bytes(8))
    with workspace_scope(Workspace.find(root)):
        listing(paths, target=Path("exports/list.txt"))
    return [str(path) for path in paths]


def compare(root: Path, paths: list[str], pairs: int) -> Iterator[str]:
    """Yield the rows of a table: how fast verify is, with b3sum's speed as 1."""
    total = sum(Path(path).stat().st_size for path in paths)
    for threads in (1, 2):
        ours = [sys.executable, "-m", "distill.cli", "verify", "-q", "--workspace", str(root)]
        ours += ["--threads", str(threads)]
        for name, flags in (("b3sum", []), ("b3sum --no-mmap", ["--no-mmap"])):
            theirs = ["b3sum", *flags, f"--num-threads={threads}", *paths]
            taken = list(_pairs(ours, theirs, pairs))
            yield _row(name, threads, total, taken)


def _pairs(ours: list[str], theirs: list[str], pairs: int) -> Iterator[tuple[Measured, Measured]]:
    measure(ours), measure(theirs)  # the first reads what is not in the page cache
    for number in range(pairs):
        if number % 2:
            second = measure(theirs)
            yield measure(ours), second
        else:
            first = measure(ours)
            yield first, measure(theirs)


def _row(name: str, threads: int, total: int, taken: list[tuple[Measured, Measured]]) -> str:
    wall = [theirs.seconds / ours.seconds for ours, theirs in taken]
    cpu = [theirs.cpu_seconds / ours.cpu_seconds for ours, theirs in taken]
    ours_s = statistics.median(ours.seconds for ours, _ in taken)
    theirs_s = statistics.median(theirs.seconds for _, theirs in taken)
    ours_cpu = statistics.median(ours.cpu_seconds for ours, _ in taken)
    theirs_cpu = statistics.median(theirs.cpu_seconds for _, theirs in taken)
    cells = [
        f"{name}, {threads}",
        *(f"{ours_s:.2f}", f"{theirs_s:.2f}", f"{total / ours_s / 1e9:.2f}", _spread(wall)),
        *(f"{ours_cpu:.2f}", f"{theirs_cpu:.2f}", _spread(cpu)),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def run(options: argparse.Namespace) -> None:
    """Measure large files, then small ones."""
    folder = Path(tempfile.mkdtemp(prefix="distill-bench-", dir=options.folder))
    large = options.megabytes * MEBIBYTE // options.files
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    try:
        for name, files, size in (
            ("large", options.files, large),
            ("small", options.small, options.small_bytes),
        ):
            if not files:
                continue
            paths = make_workspace(folder / name, files, size)
            print(
                f"\n{files:,} files of {size / MEBIBYTE:,.3f} MiB, {options.pairs} pairs,", end=""
            )
            print(f" load before {os.getloadavg()[0]:.2f}\n")
            print("| against, threads | verify, s | it, s | verify, GB/s | speed, wall |", end="")
            print(" verify, CPU s | it, CPU s | speed, CPU |")
            print("| --- " * 8 + "|")
            for row in compare(folder / name, paths, options.pairs):
                print(row, flush=True)
            print(f"\nload after {os.getloadavg()[0]:.2f}; the target is {TARGET}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--small-bytes", type=int, default=4096)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="make the files here, not among temporary ones")
    run(parser.parse_args())
