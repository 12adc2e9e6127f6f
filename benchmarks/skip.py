"""What it costs to find that nothing is to be done: paired, repeated, each in a process of its own.

    python benchmarks/skip.py [--records 100000] [--files 20000] [--repeat 15]

Five plain stages of a user over eight files (100,000 records are 57 MB), the same with every byte
reread, `distill run`, `status` and `verify` of a generated workspace, and `status` of a workspace
with very many logs. Bare Python is measured between them, so that the machine's mood shows. Prints
a Markdown table for docs/benchmarks.md: wall and CPU seconds, medians and minima.
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from corpus import write_corpus

STAGES = '''
"""Five plain stages: index, score and three exports."""
import hashlib
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import helper
from distill.receipts import InFile, InFiles, OutFile, full_scope, with_receipt

CATEGORIES = {"accepted": "accepted", "partial": "partially_accepted", "rejected": "rejected"}


def rows(path):
    with path.open() as file:
        yield from map(json.loads, file)


def write(path, found):
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\\n" for row in found)


@with_receipt(stage="index", version=1)
def index(logs: InFiles, out: OutFile) -> None:
    def found():
        for log in logs:
            offset = 0
            for line in log.open("rb"):
                row = json.loads(line)
                digest = hashlib.sha256(line).hexdigest()
                row["prov"] = {"file": log.name, "off": offset, "sha": digest}
                row["prompt"] = helper.norm(row["prompt"])
                offset += len(line)
                yield row

    write(out, found())


@with_receipt(stage="score", version=1)
def score(read: InFile, out: OutFile) -> None:
    scored = (row | {"cat": CATEGORIES.get(row["verdict"], "review")} for row in rows(read))
    write(out, scored)


@with_receipt(stage="rag", version=1)
def rag(read: InFile, out: OutFile) -> None:
    kept = (row for row in rows(read) if row["cat"].endswith("accepted"))
    write(out, ({"id": row["run_id"], "text": row["response"]} for row in kept))


@with_receipt(stage="sft", version=1)
def sft(read: InFile, out: OutFile) -> None:
    kept = (row for row in rows(read) if row["cat"] == "accepted")
    texts = ((row, [row["prompt"], row["response"]]) for row in kept)
    write(out, ({"id": row["run_id"], "messages": messages} for row, messages in texts))


@with_receipt(stage="preference", version=1)
def preference(read: InFile, out: OutFile) -> None:
    tasks = {}
    for row in rows(read):
        tasks.setdefault(row["task_id"], {}).setdefault(row["cat"], []).append(row)
    write(
        out,
        (
            {"task": task, "chosen": good["response"], "rejected": bad["response"]}
            for task, found in sorted(tasks.items())
            for good, bad in zip(found.get("accepted", []), found.get("rejected", []))
        ),
    )


if __name__ == "__main__":
    data, exports = Path("data"), Path("exports")
    with full_scope() if "full" in sys.argv else nullcontext():
        outcomes = [index(sorted(Path("logs").glob("*.jsonl")), data / "index.jsonl")]
        outcomes.append(score(data / "index.jsonl", data / "scored.jsonl"))
        for stage in (rag, sft, preference):
            outcomes.append(stage(data / "scored.jsonl", exports / f"{stage.stage}.jsonl"))
    if "first" not in sys.argv and not all(outcome.skipped for outcome in outcomes):
        sys.exit("something ran")
'''
HELPER = 'def norm(text):\n    return " ".join(text.split()).strip()\n'
SHORT = [{"role": "user", "content": "Do it."}, {"role": "assistant", "content": "Done."}]
SETTLED = 2.5  # seconds: what is younger is not remembered


@dataclass(frozen=True)
class Measured:
    """One process: wall and CPU seconds."""

    seconds: float
    cpu_seconds: float


def main() -> None:
    """Build the workspaces, measure in turn, and print the table."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="distill-bench-"))
    try:
        plain, corpus, many = (folder / name for name in ("plain", "corpus", "many"))
        size = _build_plain(plain, options.records)
        _build(corpus, lambda root: write_corpus(2000, root))
        _build(many, lambda root: _write_many(root, options.files))
        cli = [sys.executable, "-m", "distill.cli"]
        cases = {
            "bare Python": (plain, [sys.executable, "-c", "pass"]),
            f"five plain stages, {size / 1e6:,.0f} MB": (plain, [sys.executable, "stages.py"]),
            "the same, every byte reread": (plain, [sys.executable, "stages.py", "full"]),
            "`distill run`": (corpus, [*cli, "run", "-q"]),
            "`distill status`": (corpus, [*cli, "status", "-q"]),
            "`distill verify`": (corpus, [*cli, "verify", "-q"]),
            f"`distill status`, {options.files:,} logs": (many, [*cli, "status", "-q"]),
            f"`distill run`, {options.files:,} logs": (many, [*cli, "run", "-q"]),
        }
        taken: dict[str, list[Measured]] = {name: [] for name in cases}
        before = os.getloadavg()[0]
        for _ in range(options.repeat):
            for name, (place, program) in cases.items():
                taken[name].append(_measure(place, program))
        _print(taken, before)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=15)
    return parser.parse_args()


def _build_plain(root: Path, records: int) -> int:
    """Write the logs and the stages, run them, and return the bytes of all inputs and outputs."""
    logs = root / "logs"
    logs.mkdir(parents=True)
    rng = random.Random(7)
    words = ["".join(rng.choices("0123456789abcdef", k=rng.randint(3, 9))) for _ in range(3000)]
    verdicts = ("accepted", "partial", "rejected", "unknown")
    files = [(logs / f"src{number}.jsonl").open("w") for number in range(8)]
    for number in range(records):
        of = rng.randrange(8)
        row = {
            "run_id": f"r{number:08d}",
            "task_id": f"t{rng.randrange(records // 4 + 1)}",
            "source": f"src{of}",
            "ts": 1_700_000_000 + number,
            "verdict": rng.choice(verdicts),
            "prompt": " ".join(rng.choices(words, k=20)),
            "response": " ".join(rng.choices(words, k=40)),
            "files": [f"a/{rng.choice(words)}.py"],
        }
        files[of].write(json.dumps(row) + "\n")
    for file in files:
        file.close()
    (root / "distill.toml").touch()
    (root / "stages.py").write_text(STAGES)
    (root / "helper.py").write_text(HELPER)
    for arguments in (["first"], [], []):
        subprocess.run([sys.executable, "stages.py", *arguments], cwd=root, check=True)
        time.sleep(SETTLED)
    tracked = (path for name in ("logs", "data", "exports") for path in (root / name).glob("*"))
    return sum(path.stat().st_size for path in tracked)


def _build(root: Path, write: object) -> None:
    """Write a workspace of agents' runs, run it, and let run and status find nothing to do."""
    assert callable(write)  # noqa: S101 - a script's own argument
    write(root)
    for command in ("run", "run", "run", "status", "status"):
        call = [sys.executable, "-m", "distill.cli", command, "-q", "--workspace", str(root)]
        subprocess.run(call, check=True)
        time.sleep(SETTLED)


def _write_many(root: Path, files: int) -> None:
    """Write a workspace with one run a log, in folders of a thousand."""
    scratch = root.with_name("scratch")
    write_corpus(min(files, 1000), scratch)
    (runs,) = (scratch / "logs").glob("*.jsonl")
    lines = runs.read_text().splitlines()
    for number in range(files):
        folder = root / "logs" / f"{number // 1000:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        row = json.loads(lines[number % len(lines)]) | {"run": f"n{number}", "messages": SHORT}
        (folder / f"{number:06d}.jsonl").write_text(json.dumps(row) + "\n")
    text = (scratch / "distill.toml").read_text()
    (root / "distill.toml").write_text(text.replace("logs/*.jsonl", "logs/*/*.jsonl"))


def _measure(place: Path, program: list[str]) -> Measured:
    began = time.monotonic()
    here = os.getcwd()  # noqa: PTH109 - posix_spawn has no folder of its own
    os.chdir(place)
    process = os.posix_spawn(sys.executable, program, os.environ)
    os.chdir(here)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{program} failed")
    return Measured(time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def _print(taken: dict[str, list[Measured]], before: float) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print("| nothing to do | wall: median | minimum | CPU: median | minimum |")
    print("| --- " * 5 + "|")
    for name, found in taken.items():
        cells = []
        for values in ([one.seconds for one in found], [one.cpu_seconds for one in found]):
            cells += [f"{statistics.median(values):.3f}", f"{min(values):.3f}"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
