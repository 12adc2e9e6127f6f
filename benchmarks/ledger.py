"""What the ledger, the second digest and the record trees cost in a cold run: paired, interleaved.

    python benchmarks/ledger.py [--runs 5000] [--pairs 5]

Each run is `distill run` in a process of its own, in a fresh workspace with the same generated
logs: once as it is, with a signed ledger, and once with the ledger, SHA-256 and the record trees
switched off, by patching in the child process alone. The order changes from pair to pair, so that
a drift of the machine falls on both. Both must make the same rows from the same parts. Prints a
Markdown table for docs/benchmarks.md.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from corpus import write_corpus

from distill.cli import main
from distill.receipts import digest
from distill.receipts.ledger.log import Ledger
from distill.receipts.merkle import MerkleRoot
from distill.stages.record_trees import RecordTree
from distill.workspace.redaction_key import KEY_FILE, made_key

BOUND = 1.15
_ROWS = ("data", "exports", "quarantine")
_PARTS = ".distill/incremental"


@dataclass(frozen=True)
class Measured:
    """One cold run: wall and CPU seconds, and the digests of what it made."""

    seconds: float
    cpu_seconds: float
    made: dict[str, bytes]


def run_child(workspace: str, *, is_bare: bool) -> None:
    """Run the command in this process, with the parts under test switched off where asked."""
    if is_bare:
        _switch_off()
    sys.exit(main(["run", "--workspace", workspace, "-q"]))


def _switch_off() -> None:
    """Let the engine write no ledger, no SHA-256 and no record trees; fields keep their forms.

    Where a file is cut into segments, the hashes of its lines stay: they say where it is cut.
    """

    class NoTree:
        """Counts the lines, which the laws need, and hashes none."""

        def __init__(self) -> None:
            self._lines = 0

        def update(self, block: bytes | memoryview) -> None:
            self._lines += bytes(block).count(b"\n")

        def close(self) -> tuple[int, digest.Sha256]:
            return self._lines, digest.Sha256("0" * 64)

    class NoDigest:
        def update(self, _block: object) -> None: ...

        def hexdigest(self) -> str:
            return "0" * 64

    begin = digest.FileSums.__init__

    def begin_without(sums: Any, name: str, tree: digest.LineTree | None = None) -> None:
        begin(sums, name, tree)
        sums._second = NoDigest()
        if tree is None and sums._tree is not None:
            sums._tree = NoTree()

    def count(tree: MerkleRoot, leaves: Sequence[bytes]) -> None:
        tree.size += len(leaves)

    def nothing(*_args: object, **_named: object) -> None: ...

    digest.FileSums.__init__ = begin_without
    MerkleRoot.extend = count
    MerkleRoot.root = lambda _: bytes(32)
    RecordTree.add = RecordTree.extend = nothing
    Ledger.begin = Ledger.record = Ledger.settle = nothing
    Ledger.holds = lambda *_: True


def made(workspace: Path) -> dict[str, bytes]:
    """Return the digests of all that both kinds of run must make alike: rows, and their parts.

    A dataset card is not among it: it names a set by the SHA-256 of its shards.
    """
    rows = [one for top in _ROWS for one in (workspace / top).rglob("*.jsonl")]
    parts = [one for one in (workspace / _PARTS).rglob("*") if one.is_file()]
    return {
        str(one.relative_to(workspace)): sha256(one.read_bytes()).digest()
        for one in sorted(rows + parts)
    }


def measure(logs: Path, *, is_bare: bool) -> Measured:
    """Make a cold workspace, run everything in it, and return what it took.

    Raises:
        SystemExit: the run failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="distill-bench-"))
    try:
        workspace = folder / "workspace"
        shutil.copytree(logs, workspace)
        keys = [sys.executable, "-m", "distill.cli", "keys", "init", "--workspace", str(workspace)]
        subprocess.run([*keys, "-q"], check=True)
        program = [sys.executable, __file__, "--child", "bare" if is_bare else "whole"]
        began = monotonic()
        process = os.posix_spawn(sys.executable, [*program, str(workspace)], os.environ)
        _, status, usage = os.wait4(process, 0)
        seconds = monotonic() - began
        if status != 0:
            raise SystemExit(f"the run ended with status {os.waitstatus_to_exitcode(status)}")
        return Measured(seconds, usage.ru_utime + usage.ru_stime, made(workspace))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(runs: int, pairs: int) -> None:
    """Measure the pairs and print the table and the ratios."""
    folder = Path(tempfile.mkdtemp(prefix="distill-bench-"))
    try:
        size = write_corpus(runs, folder)
        made_key(folder / KEY_FILE)  # what is remembered of an export is under its id
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
        print(
            f"{runs:,} runs, {size / 1e6:,.0f} MB of logs, load before {os.getloadavg()[0]:.2f}\n"
        )
        print(
            "| pair | as it is, s | without, s | ratio | as it is, CPU s | without, CPU s | ratio |"
        )
        print("| --- " * 7 + "|")
        taken = [_pair(folder, number) for number in range(1, pairs + 1)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, ratios in (
        ("wall", [whole.seconds / bare.seconds for whole, bare in taken]),
        ("CPU", [whole.cpu_seconds / bare.cpu_seconds for whole, bare in taken]),
    ):
        middle, least = statistics.median(ratios), min(ratios)
        verdict = "within" if middle <= BOUND else "beyond"
        print(
            f"\n{name}: median {middle:.3f}, minimum {least:.3f}, maximum {max(ratios):.3f}", end=""
        )
        print(f"; {verdict} the bound of {BOUND}")
    print(f"load after {os.getloadavg()[0]:.2f}")


def _pair(logs: Path, number: int) -> tuple[Measured, Measured]:
    order = (False, True) if number % 2 else (True, False)
    found = {is_bare: measure(logs, is_bare=is_bare) for is_bare in order}
    whole, bare = found[False], found[True]
    if whole.made != bare.made:
        differing = sorted({name for name, _ in whole.made.items() ^ bare.made.items()})
        raise SystemExit(f"the two runs did not do the same: {', '.join(differing[:5])}")
    wall, cpu = whole.seconds / bare.seconds, whole.cpu_seconds / bare.cpu_seconds
    cells = f"{number} | {whole.seconds:.2f} | {bare.seconds:.2f} | {wall:.3f}"
    cells += f" | {whole.cpu_seconds:.2f} | {bare.cpu_seconds:.2f} | {cpu:.3f}"
    print(f"| {cells} |", flush=True)
    return whole, bare


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_child(sys.argv[3], is_bare=sys.argv[2] == "bare")
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--runs", type=int, default=5000)
        parser.add_argument("--pairs", type=int, default=5)
        options = parser.parse_args()
        compare(options.runs, options.pairs)
