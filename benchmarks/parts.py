"""What each stage's own function costs: CPU microseconds a run, without files, receipts, processes.

    python benchmarks/parts.py [--runs 4000] [--shape short] [--repeat 3]
        [--without-observers]

Makes a workspace of generated runs, runs all stages once, and then calls in this process what
workers call: the framing of a log, the evidence of its records, the decision on evidence lines, the
export of scored lines, the pairing of tasks. The least of some repetitions counts, in CPU seconds,
so that a busy machine changes little. Prints a Markdown table for docs/benchmarks.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from time import process_time

from corpus import SHAPES, write_corpus

from distill.exports.rag import RagSamples
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import SftSamples
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.segments import cut_file
from distill.records.scored import ScoredRun, without_place
from distill.scoring.policy import ScoringPolicy
from distill.stages import admitting, assembling, pairing, scored_parts, scoring
from distill.stages.jobs import SourceJob
from distill.stages.line_parts import PartLines
from distill.stages.part_reader import PartReader
from distill.stages.parts import Records
from distill.stages.record_reader import start_reading
from distill.stages.scored_groups import Group, Member
from distill.stages.source_jobs import source_jobs
from distill.workspace.project import open_workspace

_PART = 20  # records: some 128 KiB
_BUNDLE = 16  # tasks


def frames(job: SourceJob, root: Path, runs: int) -> list[Records]:
    """Return the records of the first log in parts."""
    path = job.files[0]
    found = tuple(islice(PartReader(path, root / path, job.reader()).frames(), runs))
    return [Records(path, True, found[at : at + _PART]) for at in range(0, len(found), _PART)]


def groups(parts: list[scored_parts.ScoredLines]) -> list[list[Group]]:
    """Return the scored lines of each task, so many tasks at a time as a worker is given."""
    tasks: dict[str, list[Member]] = {}
    for part in parts:
        for start, line in part.lines():
            digest = bytes.fromhex(blake3_hex(without_place(line)))
            member = Member(part.place, start, start + len(line), digest)
            tasks.setdefault(ScoredRun.from_line(line).task.key, []).append(member)
    found = [Group(False, tuple(members)) for members in tasks.values()]
    return [found[at : at + _BUNDLE] for at in range(0, len(found), _BUNDLE)]


def cases(root: Path, runs: int) -> dict[str, Callable[[], int]]:
    """Return what is measured, each a function that returns the number of its runs."""
    job = source_jobs(open_workspace(root))[0]
    places = {path: root / path for path in job.files}
    evidence = {
        path.relative_to(root).as_posix(): path for path in sorted(root.glob("data/evidence/*/*"))
    }
    lines = [PartLines(name, path, s) for name, path in evidence.items() for s in cut_file(path)]
    scored = [
        scored_parts.ScoredLines(path, segment)
        for path in sorted(root.glob("data/scored/*/*"))
        for segment in scored_parts.cut_scored(path)
    ]
    records, bundles = frames(job, root, runs), groups(scored)
    read = start_reading(job, places)
    decide = scoring.start_scoring(ScoringPolicy(), True)
    rag = admitting.Exporting("export_rag", RagSamples, RagSettings(), None, evidence).start()
    sft = admitting.Exporting("export_sft", SftSamples, SftSettings(), None, evidence).start()
    pair = pairing.start_pairing(PreferenceSettings(), evidence, None)
    return {
        "frame": lambda: sum(len(one.frames) for one in frames(job, root, runs)),
        "evidence": lambda: sum(len(one.frames) for one in records if read(one)),
        "score": lambda: sum(one.segment.records for one in lines if decide(one)),
        "rag": lambda: sum(one.segment.records for one in scored if rag(one)),
        "sft": lambda: sum(one.segment.records for one in scored if sft(one)),
        "preference": lambda: sum(
            len(one.members) for some in bundles if pair(some) for one in some
        ),
    }


def least(case: Callable[[], int], repeat: int) -> float:
    """Return the CPU seconds a run of the quickest of some repetitions."""
    found = []
    for _ in range(repeat):
        began = process_time()
        runs = case()
        found.append((process_time() - began) / runs)
    return min(found)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without-observers", action="store_true")
    parser.add_argument("--shape", choices=SHAPES, default="short")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="distill-bench-") as folder:
        root = Path(folder)
        size = write_corpus(options.runs, root, shape=SHAPES[options.shape])
        program = [sys.executable, "-m", "distill.cli", "run", "-q", "--workspace", folder]
        subprocess.run(program, check=True)
        if options.without_observers:
            assembling.observe_all = lambda runs, **_: [{} for _ in runs]  # type: ignore[assignment]
        os.chdir(root)
        told = f"{options.runs:,} {options.shape} runs, {size / 1e6:,.0f} MB"
        print(f"{told}; load {os.getloadavg()[0]:.2f}\n")
        print("| of a run | CPU µs |")
        print("| --- | --- |")
        total = 0.0
        for name, case in cases(root, options.runs).items():
            taken = least(case, options.repeat) * 1e6
            total += taken
            print(f"| {name} | {taken:.0f} |", flush=True)
        print(f"| together | {total:.0f} |")


if __name__ == "__main__":
    main()
