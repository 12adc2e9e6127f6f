"""What the search for runs that are alike costs: time, memory and comparisons, by number of runs.

    python benchmarks/near_duplicates.py [--runs 100000 1000000]

Makes no logs: a text is a set of 60 shingles, made from a number, and what the observer would leave
of it (a digest, the bands of its signature) goes straight into the columns of scoring. Four runs
have a task's prompt; one run in twenty is another one with some changes; one in a hundred is of a
crowd that shares a template, so that all of it are candidates. Each number of runs is a process of
its own, which searches, and searches again with what the first search remembers. CPU seconds.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from distill.firewall import minhash
from distill.firewall.facets import Facet
from distill.firewall.settings import NearDuplicateSettings
from distill.firewall.words import mixed
from distill.records.evidence import EvidenceRecord
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import NearDuplicateSearch
from distill.stages.near_texts import FacetFiles
from distill.stages.other_runs import OTHERS_SCHEMA
from distill.stages.similarities import Similarities

SHINGLES: Final = 60
_BATCH: Final = 4096


def texts_of(first: int, last: int, facet: Facet) -> np.ndarray[Any, Any]:
    """Return base, variant and how many shingles are the variant's own, of each run's text."""
    run = np.arange(first, last, dtype=np.uint64)
    if facet is Facet.PROMPT:
        return np.stack([run // 4, run * 0, run * 0])
    drawn = mixed(run)
    like_another = drawn % np.uint64(20) == 0
    base = np.where(like_another, run - run % np.uint64(4), run)
    own = np.where(like_another, drawn >> np.uint64(32), np.uint64(0)) % np.uint64(12)
    in_crowd = drawn % np.uint64(100) == 7
    base = np.where(in_crowd, np.uint64(1 << 40), base)
    own = np.where(in_crowd, np.uint64(24), own)
    return np.stack([base + (np.uint64(facet is Facet.OUTPUT) << np.uint64(50)), run, own])


def shingles_of(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the shingles of each text, a row each."""
    base, variant, own = (row[:, None] for row in texts)
    place = np.arange(SHINGLES, dtype=np.uint64)[None, :]
    shared = mixed((base << np.uint64(6)) + place)
    others = mixed(((variant + np.uint64(1 << 45)) << np.uint64(6)) + place)
    return np.where(place < own, others, shared)


def bands_of(shingles: np.ndarray[Any, Any]) -> list[bytes]:
    """Return the bands of each row of shingles."""
    values = (shingles >> np.uint64(32)).astype(np.uint32)
    least = [(values * factor).min(axis=1) for factor in minhash._factors()[:, 0]]
    rows = np.stack(least, axis=1).astype(np.uint64).reshape(-1, minhash.ROWS)
    bands = (rows @ minhash._weights() >> np.uint64(32)).astype("<u4")
    return [one.tobytes() for one in bands.reshape(len(values), minhash.BANDS)]


def facet_parts(runs: int) -> Iterator[tuple[int, list[tuple[bytes, bytes]]]]:
    """Yield the first run of some, and entries and bands of their facets as scoring has them."""
    for first in range(0, runs, _BATCH):
        last = min(first + _BATCH, runs)
        columns = []
        for facet in Facet:
            texts = texts_of(first, last, facet)
            digests = mixed(texts[0] ^ mixed(texts[1] * (texts[2] > 0)) ^ texts[2]).tolist()
            heads = [number.to_bytes(7, "little") + b"\1" for number in range(last - first)]
            entries = (h + d.to_bytes(16, "big") for h, d in zip(heads, digests, strict=True))
            columns.append((b"".join(entries), b"".join(bands_of(shingles_of(texts)))))
        yield first, columns


@dataclass
class Runs:
    """So many runs, whose evidence nobody reads."""

    number: int
    facets: FacetFiles

    def record(self, seq: int) -> EvidenceRecord:
        """Not to be asked: `Search` makes the texts."""
        raise LookupError(seq)


class Search(NearDuplicateSearch):
    """Makes the texts that are compared instead of reading them, and counts them."""

    read = 0

    def _shingles_of(self, seq: int, facet: Facet) -> Any:
        self.read += 1
        return np.sort(shingles_of(texts_of(seq, seq + 1, facet))[0])


def search(runs: int, known: bytes) -> tuple[dict[str, Any], bytes]:
    """Search among some runs; return what it took, and what it remembers."""
    began = time.process_time()
    with NarrowTables(OTHERS_SCHEMA) as tables, FacetFiles() as facets:
        for first, columns in facet_parts(runs):
            facets.add(first, columns)
        filled = time.process_time() - began
        began = time.process_time()
        settings = NearDuplicateSettings()
        one = Search(tables, Runs(runs, facets), settings, Similarities(known))
        for seq in one.alike().tolist():
            row = (seq, "s", seq, f"r{seq}", "verdict_bearing", "", None, None, "accepted", 0)
            tables.add("runs", row)
            tables.add("ranks", (seq, 0, 0, 100))
        alike = sum(1 for _ in one.found())
        positions = (np.arange(runs) // 4 % 3).astype(np.uint16)
        floors = sum(1 for _ in one.floors(positions))
        remembered = one.similarities.content()
        told = {
            "runs": runs,
            "fill_s": round(filled, 2),
            "search_s": round(time.process_time() - began, 2),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            "texts_read": one.read,
            "alike": alike,
            "floors": floors,
            "remembered_mb": round(len(remembered) / 1e6, 1),
        }
    return told, remembered


def measure(runs: int) -> None:
    """Search twice among some runs, and print what it took as JSON."""
    told, remembered = search(runs, b"")
    print(json.dumps(told), flush=True)
    print(json.dumps(search(runs, remembered)[0]))


def main() -> None:
    """Measure each number of runs in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--one", type=int)
    options = parser.parse_args()
    if options.one is not None:
        measure(options.one)
        return
    print(f"load {os.getloadavg()[0]:.1f}")
    for runs in options.runs:
        subprocess.run([sys.executable, __file__, "--one", str(runs)], check=True)


if __name__ == "__main__":
    main()
