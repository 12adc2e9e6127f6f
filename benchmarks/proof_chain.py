"""Three stages that write records with the links of real ones and nothing else, for benchmarks.

A proof of one of their samples holds as a real one does: the check looks at links, trees, receipts
and the ledger. They cost seconds for a million records, where the real stages take many minutes.
Every file holds all records, without shards, so that each of the four trees is as high as can be.
"""

import json
from pathlib import Path
from typing import BinaryIO

from distill.receipts import InFile, InFiles, OutDir, Report, with_receipt
from distill.receipts.digest import digest_bytes

_SOURCE = "agents"


@with_receipt(stage="build_evidence_index", version=1)
def index_evidence(logs: InFile, *, evidence: OutDir) -> Report:
    """Write one evidence line a log line."""
    start = 0
    with logs.open("rb") as raw, _lines(evidence / _SOURCE / "part-00000.jsonl") as out:
        for number, line in enumerate(raw):
            record = line[:-1]
            place = {
                "source": _SOURCE,
                "path": "logs/runs.jsonl",
                "start": start,
                "end": start + len(record),
                "line": number + 1,
                "pointer": "",
                "blake3": digest_bytes(record).hex,
            }
            text = json.loads(record)
            out.write(_line({"run_id": f"agents/{text['run']}", **text, "provenance": [place]}))
            start += len(line)
    return Report()


@with_receipt(stage="score_runs", version=1)
def decide_runs(evidence: InFiles, *, scored: OutDir) -> Report:
    """Accept every run."""
    (path,) = evidence
    start = 0
    with path.open("rb") as lines, _lines(scored / _SOURCE / "part-00000.jsonl") as out:
        for line in lines:
            reference = {
                "path": "data/evidence/agents/part-00000.jsonl",
                "start": start,
                "end": start + len(line),
                "blake3": digest_bytes(line).hex,
            }
            run = {"run_id": json.loads(line)["run_id"], "category": "accepted"}
            out.write(_line({**run, "evidence": reference}))
            start += len(line)
    return Report()


@with_receipt(stage="export_sft", version=1)
def write_sft(scored: InFiles, evidence: InFiles, *, rows: OutDir) -> Report:
    """Write one row a run."""
    (runs,), (records,) = scored, evidence
    with (
        runs.open("rb") as first,
        records.open("rb") as second,
        _lines(rows / "train-00000.jsonl") as out,
    ):
        for number, (run, record) in enumerate(zip(first, second, strict=True)):
            made = json.loads(record)
            out.write(
                _line(
                    {
                        "id": f"sft-{number * 0x9E3779B97F4A7C15 % 2**128:032x}",
                        "messages": [
                            {"role": "user", "content": made["prompt"]},
                            {"role": "assistant", "content": made["answer"]},
                        ],
                        "quality_score": json.loads(run)["category"],
                        "source_run_id": made["run_id"],
                        "provenance": made["provenance"],
                    }
                )
            )
    return Report()


def _lines(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
