"""Runs, tasks and verdicts of the real logs, against the counts of an independent reader."""

from collections import Counter
from typing import Any

import pytest

from distill.records.evidence import EvidenceRecord
from distill.sources.mapped import Mapped
from distill.sources.protocol import Source
from distill.sources.swe_bench_predictions import SweBenchPredictions
from distill.sources.swe_bench_report import SweBenchReport
from distill.sources.tau_bench import TauBench
from tests.sources import reading
from tests.sources.real_logs import FOLDER, blocks, counted, files

pytestmark = [
    pytest.mark.real_logs,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real logs are not beside the checkout"),
]

REFLEXION = {
    "task_id": ["/task_id", "/name"],
    "prompt": "/prompt",
    "response": "/solution",
    "answer_keys": ["/canonical_solution", "/test"],
    "verdict": {
        "pointer": "/is_solved",
        "origin": "test_harness",
        "accepted": [True],
        "rejected": [False],
    },
}
GSM8K = {
    "runs_at": ["/6b_finetuning", "/6b_verification", "/175b_finetuning", "/175b_verification"],
    "prompt": "/question",
    "response": "./solution",
    "model": "@key",
    "answer_keys": "/ground_truth",
    "verdict": {
        "pointer": "./is_correct",
        "origin": "test_harness",
        "accepted": [True],
        "rejected": [False],
    },
}


def read_runs(source: Source, dataset: str, pattern: str) -> list[EvidenceRecord]:
    """Return the evidence of a data set's files."""
    paths = files(dataset, pattern)
    return reading.runs(source, [(reading.relative(str(path)), blocks(path)) for path in paths])


def check(records: list[EvidenceRecord], counts: dict[str, Any]) -> None:
    """Compare what every data set counts."""
    assert len(records) == counts["runs"]
    assert len({record.run_id for record in records}) == counts["runs"]
    assert len({record.task.key for record in records}) == counts["tasks"]
    blank = sum(record.facts.output_digest is None for record in records)
    assert blank == counts["output_null"] + counts["output_blank"]


def outcomes(records: list[EvidenceRecord]) -> Counter[str]:
    """Return how often each outcome occurs; every run has one verdict."""
    assert all(len(record.verdicts) == 1 for record in records)
    return Counter(str(record.verdicts[0].outcome) for record in records)


def test_tau_bench() -> None:
    """Two hundred runs of fifty tasks, each with its reward as verdict."""
    counts = counted("tau-bench")
    records = read_runs(TauBench.from_settings({}), "tau-bench", "historical_trajectories/*.json*")
    check(records, counts)
    score = counts["verdict_score"]
    assert outcomes(records) == {"accepted": score["full"], "rejected": score["zero"]}


def test_reflexion() -> None:
    """A mapped source reads all files, and Python and Rust tasks of one name stay apart."""
    counts = counted("reflexion")
    records = read_runs(Mapped.from_settings(REFLEXION), "reflexion", "*/*.jsonl*")
    check(records, counts)
    score = counts["verdict_score"]
    assert outcomes(records) == {"accepted": score["full"], "rejected": score["zero"]}


def test_gsm8k() -> None:
    """A mapped source makes four runs of a row, and a task of each question."""
    counts = counted("gsm8k-model-solutions")
    records = read_runs(Mapped.from_settings(GSM8K), "gsm8k-model-solutions", "*.jsonl.gz")
    check(records, counts)
    score = counts["verdict_score"]
    assert outcomes(records) == {"accepted": score["full"], "rejected": score["zero"]}


def test_swe_bench() -> None:
    """Each prediction gets exactly one verdict of its own report, those without a patch too."""
    counts = counted("swe-bench-docker")
    records = read_runs(SweBenchPredictions.from_settings({}), "swe-bench-docker", "*/*pred*.gz")
    check(records, counts)
    paths = files("swe-bench-docker", "*/report.json")
    loose = reading.verdicts(
        SweBenchReport.from_settings({"model": "@folder"}),
        [(reading.relative(str(path)), blocks(path)) for path in paths],
    )
    found = Counter[str]()
    for record in records:
        (verdict,) = reading.attached(record, loose)
        found[str(verdict.outcome)] += 1
    score = counts["verdict_score"]
    assert found == {"accepted": score["full"], "rejected": score["zero"]}
