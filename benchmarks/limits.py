"""What a core of this machine takes for each thing that must be done with a corpus, each alone.

    python benchmarks/limits.py [--runs 4000] [--shape short] [--repeat 5] [--folder FOLDER]

Writes a generated corpus below FOLDER (the system's temporary folder), and goes over its runs once
for each row of the table, in this process: reading, parsing, validating, hashing, serialising,
cutting, writing. What a row needs is made before its clock starts, and what it gives is dropped at
once. CPU seconds of user and system, the least of some repetitions; what waits for the disk is told
by the clock too. Megabytes are those of the bytes that a row takes, or writes; evidence is that of
runs before they are observed, some 7 % fewer bytes. Rows beside those that are used say what is
paid for a check, or what another library takes. Prints a Markdown table for docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import jiter
import msgspec
import orjson
from blake3 import blake3
from corpus import SHAPES, write_corpus

from distill.receipts.digest import FileSums
from distill.receipts.incremental.segments import cut
from distill.records.compact import compact_bytes
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.sources.lines import frame_lines
from distill.sources.protocol import RunDraft
from distill.sources.strict_json import parse
from distill.stages.assembling import RunAssembler
from distill.stages.source_jobs import source_jobs
from distill.stages.surroundings import read_surroundings
from distill.workspace.project import open_workspace

_BLOCK = 1 << 20
_LIMIT = 64 << 20


class Case(NamedTuple):
    """One row: of which kind and name, what is done, and the bytes that it takes or writes."""

    kind: str
    name: str
    run: Callable[[], object]
    size: int
    waits: bool = False


def each(function: Callable[[Any], object], values: Iterable[Any]) -> Callable[[], None]:
    """Return what calls a function with every value and drops what it gives."""

    def run() -> None:
        for value in values:
            function(value)

    return run


def blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, a mebibyte at a time."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            yield block


def each_block(paths: Iterable[Path], start: Callable[[], Callable[[bytes], object]]) -> None:
    """Read files, and give the blocks of each to what `start` gives for it."""
    for path in paths:
        take = start()
        for block in blocks(path):
            take(block)


def write(texts: list[bytes], path: Path, *, is_flushed: bool) -> None:
    """Write texts into one new file; where it is flushed, wait for the disk."""
    path.unlink(missing_ok=True)
    with path.open("wb", buffering=_BLOCK) as file:
        file.writelines(texts)
        if is_flushed:
            file.flush()
            os.fsync(file.fileno())


def cut_all(paths: Iterable[Path]) -> None:
    """Cut files of lines into segments."""
    for path in paths:
        with path.open("rb", buffering=_BLOCK) as lines:
            for _ in cut(lines):
                pass


def frame_all(paths: Iterable[Path]) -> None:
    """Cut files into records."""
    for path in paths:
        for _ in frame_lines(blocks(path), _LIMIT):
            pass


def strict_jiter(line: bytes) -> object:
    """Parse as `distill.sources.strict_json` has it done."""
    return jiter.from_json(line, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys")


def standard(value: object) -> str:
    """Write canonical JSON with the standard library."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def cases(root: Path) -> Iterator[Case]:
    """Yield the rows, for the logs of the workspace at `root`."""
    (job,) = source_jobs(open_workspace(root))
    places = {path: root / path for path in job.files}
    logs = list(places.values())
    lines = [line for path in logs for line in path.read_bytes().splitlines()]
    source = job.reader()
    assembler = RunAssembler(job, source, read_surroundings(job, places))
    rows = [parse(line) for line in lines]
    told = [row["messages"] for row in rows]
    drafts = [
        draft
        for row in rows
        for draft in source.answer([row], path=job.files[0])
        if isinstance(draft, RunDraft)
    ]
    evidence = [assembler.run(draft, ()).record for draft in drafts]
    written = [record.to_line() for record in evidence]
    raw, made = sum(path.stat().st_size for path in logs), sum(map(len, written))
    out = root / "evidence"

    def answer(row: object) -> None:
        list(source.answer([row], path=job.files[0]))

    def sums() -> Callable[[bytes], object]:
        return FileSums("a.jsonl").update

    table: list[tuple[str, str, Callable[[], object], int]] = [
        ("reading", "from the page cache", lambda: each_block(logs, lambda: len), raw),
        ("reading", "and cut into records, each with its BLAKE3", lambda: frame_all(logs), raw),
        ("parsing", "jiter, which refuses duplicate keys: used", each(strict_jiter, lines), raw),
        ("parsing", "orjson, which takes them", each(orjson.loads, lines), raw),
        ("parsing", "msgspec, which takes them", each(msgspec.json.decode, lines), raw),
        ("parsing", "the standard library, which takes them", each(json.loads, lines), raw),
        ("validating", "jiter, and numbers that can be kept: used", each(parse, lines), raw),
        ("validating", "parsed rows to messages, ids, verdicts", each(answer, rows), raw),
        ("validating", "evidence lines read, types checked", each(_read, written), made),
        ("hashing", "BLAKE3", lambda: each_block(logs, lambda: blake3().update), raw),
        ("hashing", "SHA-256", lambda: each_block(logs, lambda: sha256().update), raw),
        ("hashing", "both, and a leaf of each line: used", lambda: each_block(logs, sums), raw),
        ("serialising", "evidence (msgspec): used", each(encode, evidence), made),
        ("serialising", "messages, canonical (orjson): used", each(compact_bytes, told), raw),
        ("serialising", "messages, canonical, the standard library", each(standard, told), raw),
        ("cutting", "lines into segments by content", lambda: cut_all(logs), raw),
        ("writing", "evidence", lambda: write(written, out, is_flushed=False), made),
    ]
    yield from (Case(*row) for row in table)
    flushed = Case("writing", "and fsync", lambda: write(written, out, is_flushed=True), made)
    yield flushed._replace(waits=True)


def _read(line: bytes) -> EvidenceRecord:
    return EvidenceRecord.from_line(line)


def least(case: Case, repeat: int) -> tuple[float, float]:
    """Return the CPU seconds and those by the clock of the quickest of some repetitions."""
    found = []
    for _ in range(repeat):
        cpu, clock = process_time(), perf_counter()
        case.run()
        found.append((process_time() - cpu, perf_counter() - clock))
    return min(one for one, _ in found), min(one for _, one in found)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="short")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="distill-bench-", dir=options.folder) as folder:
        root = Path(folder)
        size = write_corpus(options.runs, root, shape=SHAPES[options.shape])
        os.chdir(root)
        print(f"{options.runs:,} {options.shape} runs, {size / 1e6:,.0f} MB;", end=" ")
        print(f"{platform.machine()}, Python", end=" ")
        print(f"{platform.python_version()}; load {os.getloadavg()[0]:.2f}\n")
        print("| one core | | µs a run | MB/s |")
        print("| --- | --- | ---: | ---: |")
        for case in cases(root):
            cpu, clock = least(case, options.repeat)
            waited = f" ({clock / options.runs * 1e6:.1f} by the clock)" if case.waits else ""
            told = f"{cpu / options.runs * 1e6:.1f}{waited} | {case.size / cpu / 1e6:,.0f}"
            print(f"| {case.kind} | {case.name} | {told} |", flush=True)


if __name__ == "__main__":
    main()
