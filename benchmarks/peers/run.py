"""Five stages side by side: plain, under this engine, and under other tools.

    python benchmarks/peers/run.py [--records 100000] [--rounds 5] [--tools plain DVC ...]

Rounds are interleaved: in each round every tool runs once, cold, then with nothing to do (twice;
the second is told), then with 1 % of the records appended. After it, its outputs must be those of
the plain stages, byte for byte. Prints Markdown for docs/benchmarks.md. Each tool gets a virtual
environment of its own in --environments, and what it is asked to do stands in tools.py.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from generate import grow_logs, write_logs
from tools import HERE, TOOLS, Tool, environment_of, server_of

STEPS = ("cold", "nothing to do", "1 % appended")
_REST = 2.1  # seconds, not timed: times of files that are younger may hide a change
Times = dict[str, list[tuple[float, float]]]


def measure(tool: Tool, folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Run a tool once; return wall and CPU seconds, those of its children too."""
    before, began = os.times(), time.monotonic()
    done = subprocess.run(
        tool.command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds, after = time.monotonic() - began, os.times()
    if done.returncode != 0:
        raise SystemExit(f"{tool.name} failed: {(done.stdout + done.stderr)[-2000:]}")
    cpu = after.children_user + after.children_system
    return seconds, cpu - before.children_user - before.children_system


def run_once(tool: Tool, folder: Path, originals: Path, environments: Path, records: int) -> Times:
    """Run the steps in a fresh folder; return what each took."""
    shutil.copytree(originals, folder / "logs")
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    (folder / "distill.toml").touch()
    environment = environment_of(tool, folder, environments)
    for command in tool.prepare:
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    times: Times = {}
    with server_of(tool, environment):
        times["cold"] = [measure(tool, folder, environment)]
        if tool.skips:
            for _ in range(2):
                time.sleep(_REST)
                times["nothing to do"] = [measure(tool, folder, environment)]
        grow_logs(folder / "logs", records)
        times["1 % appended"] = [measure(tool, folder, environment)]
    return times


def outputs(folder: Path, name: str) -> bytes:
    """Return what a stage wrote: a file, or the shards of a folder one after another."""
    place = folder / "data" / name
    files = sorted(place.iterdir()) if place.is_dir() else [place.with_suffix(".jsonl")]
    return b"".join(file.read_bytes() for file in files)


def demand_equal(tool: Tool, folder: Path, plain: Path) -> None:
    """Refuse a tool whose outputs are not those of the plain stages over the same logs.

    Raises:
        SystemExit: naming the stage.
    """
    for name in tool.checked:
        if outputs(folder, name) != outputs(plain, name):
            raise SystemExit(f"{tool.name}: {name} is not what the plain stages write")


def table(found: Mapping[str, Times]) -> str:
    """Return medians and minima as Markdown."""
    head = [f"{step}, s: median (min); CPU" for step in STEPS]
    lines = [f"| | {' | '.join(head)} | runs |", f"|{' --- |' * (len(STEPS) + 2)}"]
    for name, times in found.items():
        cells = [_cell(times.get(step, [])) for step in STEPS]
        lines.append(f"| {name} | {' | '.join(cells)} | {len(times['cold'])} |")
    return "\n".join(lines)


def _cell(measured: Sequence[tuple[float, float]]) -> str:
    if not measured:
        return "-"
    walls, cpus = zip(*measured, strict=True)
    return f"{statistics.median(walls):.2f} ({min(walls):.2f}); {statistics.median(cpus):.2f}"


def main() -> None:
    """Install, measure and print."""
    parser = argparse.ArgumentParser(description="Five stages side by side.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tools", nargs="*", default=[tool.name for tool in TOOLS])
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir()) / "distill-peers"
    )
    given = parser.parse_args()
    chosen = [tool for tool in TOOLS if tool.name in given.tools or tool.name == "plain"]
    for tool in list(chosen):
        trouble = tool.install(given.environments)
        if trouble:
            print(f"left out: {tool.name}: {trouble}")
            chosen.remove(tool)
    found: dict[str, Times] = {tool.name: {} for tool in chosen}
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as scratch:
        originals = Path(scratch) / "originals"
        size = write_logs(originals, given.records)
        print(f"{given.records} records, {size / 1e6:.0f} MB; load before {os.getloadavg()[0]:.1f}")
        for number in range(given.rounds):
            _round(Path(scratch) / str(number), originals, chosen, given, found)
            print(f"\nafter round {number + 1}, load {os.getloadavg()[0]:.1f}\n")
            print(table(found), flush=True)


def _round(
    scratch: Path,
    originals: Path,
    chosen: Sequence[Tool],
    given: argparse.Namespace,
    found: Mapping[str, Times],
) -> None:
    """Run every tool once; the plain stages come first, and what they wrote is compared with."""
    for number, tool in enumerate(chosen):
        folder = scratch / str(number)
        folder.mkdir(parents=True)
        times = run_once(tool, folder, originals, given.environments, given.records)
        for step, measured in times.items():
            found[tool.name].setdefault(step, []).extend(measured)
            print(
                f"{tool.name}, {step}: {measured[0][0]:.2f} s, CPU {measured[0][1]:.2f} s",
                flush=True,
            )
        demand_equal(tool, folder, scratch / "0")
        if number:
            shutil.rmtree(folder)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
