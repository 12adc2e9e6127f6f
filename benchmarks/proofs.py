"""Proofs of samples: size and time by the number of records in one log.

    python benchmarks/proofs.py [--sizes 1000 100000 1000000] [--repeat 100]

Makes a log of short runs (one JSON object a line, some 150 bytes), and evidence, scored runs and an
SFT set of as many records with the stages of `benchmarks/proof_chain.py`, in a signed workspace.
Measures in one process: the first proof (which makes the sidecars), then proofs of samples from all
over the set, and their check: medians and minima of wall time. Prints a Markdown table for
docs/benchmarks.md. `--real` runs the real stages instead, which takes minutes from 100,000 on.
"""

import argparse
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
from time import perf_counter
from typing import Any

from proof_chain import decide_runs, index_evidence, write_sft

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
class Measured:
    """What the proofs of one workspace took and weigh."""

    records: int
    first_seconds: float
    sidecar_bytes: int
    make_ms: list[float]
    check_ms: list[float]
    proof: Proof


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


def measure(records: int, folder: Path, repeat: int) -> Measured:
    """Prove samples of a workspace, and check the proofs."""
    workspace = Workspace(folder)
    samples = _samples(folder, repeat)
    first, _ = _timed(lambda: prove_sample(workspace, samples[0]))
    sidecars = sum(path.stat().st_size for path in (folder / TREES_DIR).iterdir())
    made = [_timed(lambda sample=sample: _content(workspace, sample)) for sample in samples]
    contents = [content for _, content in made]
    checked = [_timed(lambda raw=raw: verify_proof(read_proof(raw))) for raw in contents]
    if any(report.exit_code != 0 for _, report in checked):
        raise SystemExit("a proof does not hold")
    return Measured(
        records=records,
        first_seconds=first,
        sidecar_bytes=sidecars,
        make_ms=[1000 * seconds for seconds, _ in made],
        check_ms=[1000 * seconds for seconds, _ in checked],
        proof=read_proof(contents[-1]),
    )


def row(measured: Measured) -> str:
    """Return the table's row."""
    proof = measured.proof
    whole = len(proof.content)
    records = sum(len(dumps(record_json(hop.record))) for _, hop in proof.hops)
    return (
        f"| {measured.records:,} | {measured.first_seconds:.1f} |"
        f" {measured.sidecar_bytes / 1e6:,.1f} | {_spread(measured.make_ms)} |"
        f" {_spread(measured.check_ms)} |"
        f" {whole:,} | {whole - records:,} |"
    )


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({min(times):.1f})"


def _content(workspace: Workspace, sample: str) -> bytes:
    return prove_sample(workspace, sample).content


def _samples(folder: Path, number: int) -> list[str]:
    """Return the ids of rows from all over the set."""
    ids = [
        line[7:43].decode()
        for path in sorted((folder / "exports" / "sft").glob("*.jsonl"))
        for line in path.open("rb")
    ]
    step = max(1, len(ids) // number)
    return ids[::step][:number]


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = perf_counter()
    found = call()
    return perf_counter() - began, found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=100)
    parser.add_argument("--real", action="store_true", help="run the real stages")
    parser.add_argument("--keep", type=Path, help="build workspaces below this folder, keep them")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"load before {os.getloadavg()[0]:.2f}, medians of {options.repeat}\n")
    print(
        "| records | first proof, with sidecars, s | sidecars, MB | make, ms (least) |"
        " check, ms (least) | proof, bytes | without the four records |"
    )
    print("| --- " * 7 + "|")
    for records in options.sizes:
        folder = options.keep or Path(tempfile.mkdtemp(prefix="distill-bench-"))
        try:
            place = folder / str(records)
            if not place.is_dir():
                build(records, place, is_real=options.real)
            shutil.rmtree(place / TREES_DIR, ignore_errors=True)
            print(row(measure(records, place, options.repeat)), flush=True)
        finally:
            if options.keep is None:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
