"""Proofs of samples: size and time by the number of records in one log.

    python benchmarks/proofs.py [--sizes 1000 100000 1000000] [--repeat 100]
    python benchmarks/proofs.py --workspace FOLDER

Makes a log of short runs (one JSON object a line, some 150 bytes), and evidence, scored runs and an
SFT set of as many records with the stages of `benchmarks/proof_chain.py`, in a signed workspace.
Measures in one process: the first proof (which makes the sidecars), then proofs of samples from all
over the set, and their check: medians of wall time, the least, and medians of CPU time. Prints a
Markdown table for docs/benchmarks.md. `--real` runs the real stages instead, which takes minutes
from 100,000 on; `--workspace` measures the sets of a workspace that is there, a row a set.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from proof_chain import decide_runs, index_evidence, write_sft

from distill.lineage.chain import EXPORTS
from distill.lineage.proof import Proof, record_json
from distill.lineage.proof_reader import read_proof
from distill.lineage.proving import prove_sample
from distill.lineage.verification import verify_proof
from distill.receipts import workspace_scope
from distill.receipts.canonical import dumps
from distill.receipts.ledger.keys import init_keys
from distill.receipts.tree_file import TREES_DIR
from distill.receipts.workspace import Workspace

_CONFIGURATION = """\
[sources.agents]
kind = "mapped"
paths = ["logs/*.jsonl"]
role = "train"
licence = "proprietary"
run_id = "/run"
task_id = "/task"
prompt = "/prompt"
response = "/answer"

[sources.agents.verdict]
pointer = "/passed"
origin = "test_harness"
accepted = [true]
rejected = [false]
"""
_STAGES = ("build-evidence", "score", "export-sft")


@dataclass(frozen=True)
class Clocks:
    """Milliseconds of wall time and of CPU time that one call took."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Measured:
    """What the proofs of one workspace took and weigh."""

    name: str
    first_seconds: float
    sidecar_bytes: int
    making: list[Clocks]
    checking: list[Clocks]
    proofs: list[Proof]


def build(records: int, folder: Path, *, is_real: bool) -> None:
    """Make a signed workspace with that many runs, scored and exported."""
    (folder / "logs").mkdir(parents=True)
    (folder / "distill.toml").write_text(_CONFIGURATION, encoding="utf-8")
    with (folder / "logs" / "runs.jsonl").open("w", encoding="utf-8") as log:
        for number in range(records):
            passed = "true" if number % 2 else "false"
            log.write(
                f'{{"run":"r{number:08d}","task":"t{number // 2:07d}",'
                f'"prompt":"Add {number} to the sum.","answer":"The sum is {3 * number}.",'
                f'"passed":{passed}}}\n'
            )
    init_keys(Workspace(folder))
    if not is_real:
        _run_chain(folder)
        return
    for stage in _STAGES:
        command = [sys.executable, "-m", "distill.cli", stage, "-q", "--workspace", str(folder)]
        subprocess.run(command, check=True)


def _run_chain(folder: Path) -> None:
    evidence, scored = folder / "data" / "evidence", folder / "data" / "scored"
    part = "agents/part-00000.jsonl"
    with workspace_scope(Workspace(folder)):
        index_evidence(folder / "logs" / "runs.jsonl", evidence=evidence)
        decide_runs([evidence / part], scored=scored)
        write_sft([scored / part], [evidence / part], rows=folder / "exports" / "sft")


def measure(name: str, folder: Path, kind: str, repeat: int) -> Measured:
    """Prove samples of a workspace's set, and check the proofs."""
    workspace = Workspace(folder)
    shutil.rmtree(folder / TREES_DIR, ignore_errors=True)
    samples = _samples(folder / "exports" / kind, repeat)
    first, _ = _timed(lambda: prove_sample(workspace, samples[0]))
    sidecars = sum(path.stat().st_size for path in (folder / TREES_DIR).iterdir())
    made = [_timed(lambda sample=sample: _content(workspace, sample)) for sample in samples]
    contents = [content for _, content in made]
    checked = [_timed(lambda raw=raw: verify_proof(read_proof(raw))) for raw in contents]
    if any(report.exit_code != 0 for _, report in checked):
        raise SystemExit("a proof does not hold")
    return Measured(
        name=name,
        first_seconds=first.wall / 1000,
        sidecar_bytes=sidecars,
        making=[clocks for clocks, _ in made],
        checking=[clocks for clocks, _ in checked],
        proofs=[read_proof(content) for content in contents],
    )


def row(measured: Measured) -> str:
    """Return the table's row."""
    sizes = [len(proof.content) for proof in measured.proofs]
    bare = [len(proof.content) - _record_bytes(proof) for proof in measured.proofs]
    return (
        f"| {measured.name} | {measured.first_seconds:.1f} |"
        f" {measured.sidecar_bytes / 1e6:,.1f} | {_spread(measured.making)} |"
        f" {_spread(measured.checking)} |"
        f" {statistics.median(sizes):,.0f} ({max(sizes):,}) |"
        f" {statistics.median(bare):,.0f} ({max(bare):,}) |"
    )


def _record_bytes(proof: Proof) -> int:
    """Return how many bytes of a proof's file the records take, quotes and escapes counted."""
    return sum(len(dumps(record_json(hop.record))) for _, hop in proof.hops)


def _spread(times: list[Clocks]) -> str:
    wall = [one.wall for one in times]
    cpu = statistics.median(one.cpu for one in times)
    return f"{statistics.median(wall):.1f} ({min(wall):.1f}), CPU {cpu:.1f}"


def _content(workspace: Workspace, sample: str) -> bytes:
    return prove_sample(workspace, sample).content


def _samples(folder: Path, number: int) -> list[str]:
    """Return the ids of rows from all over the set."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.open("rb")]
    step = max(1, len(lines) // number)
    return [json.loads(line)["id"] for line in lines[::step][:number]]


def _timed(call: Callable[[], Any]) -> tuple[Clocks, Any]:
    began, worked = perf_counter(), process_time()
    found = call()
    return Clocks(1000 * (perf_counter() - began), 1000 * (process_time() - worked)), found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=100)
    parser.add_argument("--real", action="store_true", help="run the real stages")
    parser.add_argument("--keep", type=Path, help="build workspaces below this folder, keep them")
    parser.add_argument("--workspace", type=Path, help="measure the sets of this workspace")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"load before {os.getloadavg()[0]:.2f}, medians of {options.repeat}\n")
    print(
        "| records | first proof, with sidecars, s | sidecars, MB | make, ms (least) |"
        " check, ms (least) | proof, bytes (most) | without its records (most) |"
    )
    print("| --- " * 7 + "|")
    if options.workspace is not None:
        for kind in EXPORTS:
            print(row(measure(kind, options.workspace, kind, options.repeat)), flush=True)
        return
    for records in options.sizes:
        folder = options.keep or Path(tempfile.mkdtemp(prefix="distill-bench-"))
        try:
            place = folder / str(records)
            if not place.is_dir():
                build(records, place, is_real=options.real)
            print(row(measure(f"{records:,}", place, "sft", options.repeat)), flush=True)
        finally:
            if options.keep is None:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
