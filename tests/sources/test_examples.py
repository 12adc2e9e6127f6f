"""The example logs are what their script writes, and come out as their README says."""

import runpy
import sys
from pathlib import Path

import pytest

from distill.records.taxonomy import VerdictOutcome
from distill.sources.mapped import Mapped
from distill.sources.protocol import RecordError, RunDraft
from distill.sources.swe_bench_predictions import SweBenchPredictions
from distill.sources.swe_bench_report import SweBenchReport
from distill.sources.tau_bench import TauBench
from tests.sources import reading

EXAMPLES = Path(__file__).parents[2] / "examples"
CODE_RUNS = {
    "task_id": "/name",
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


def example(name: str) -> reading.File:
    """Return an example's recorded path and bytes."""
    return name, [(EXAMPLES / name).read_bytes()]


def test_the_script_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are the script's output, byte for byte, and there are no others."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    written = runpy.run_path(str(EXAMPLES / "make_examples.py"))["examples"]()
    for name, text in written.items():
        assert (EXAMPLES / name).read_bytes() == text.encode(), name
    found = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/**/*") if path.is_file()}
    assert {name for name in found if "__pycache__" not in name} == set(written)
    assert sum(len(text) for text in written.values()) < 300_000


def test_broken_lines() -> None:
    """Of the broken lines each goes to quarantine by its own rule, and "False" needs a person."""
    answers = reading.read(Mapped.from_settings(CODE_RUNS), [example("code_runs/broken.jsonl")])
    rules = [answer.rule for _, answer in answers if isinstance(answer, RecordError)]
    assert rules == [
        "truncated",
        "duplicate_key",
        "nan_or_infinity",
        "integer_too_large",
        "not_an_object",
    ]
    (run,) = [answer for _, answer in answers if isinstance(answer, RunDraft)]
    assert run.verdicts[0].outcome is VerdictOutcome.UNREADABLE


def test_one_output_with_opposite_verdicts() -> None:
    """The code runs hold one task whose same output was judged both ways."""
    runs = reading.runs(Mapped.from_settings(CODE_RUNS), [example("code_runs/run-1.jsonl")])
    judged: dict[tuple[str, str | None], set[VerdictOutcome | None]] = {}
    for run in runs:
        key = (run.task.key, run.facts.output_digest)
        judged.setdefault(key, set()).add(run.verdicts[0].outcome)
    assert sum(len(outcomes) > 1 for outcomes in judged.values()) == 1
    assert sum(run.facts.output_digest is None for run in runs) == 1


def test_parcel_desk_has_pairs_and_an_instrument_failure() -> None:
    """Trials that open alike share their prompt; a run that was broken off has no verdict."""
    runs = reading.runs(TauBench.from_settings({}), [example("parcel_desk/gpt-example.json")])
    prompts: dict[str, set[str | None]] = {}
    for run in runs[:-1]:
        prompts.setdefault(run.task.key, set()).add(run.facts.prompt_digest)
    assert sorted(len(found) for found in prompts.values()) == [1, 1, 1, 1, 1, 3, 3, 3]
    assert runs[-1].instrument_failure
    assert runs[-1].verdicts == ()


def test_patches_have_every_outcome() -> None:
    """Each prediction has one verdict of the report; a timeout is the instrument's."""
    runs = reading.runs(
        SweBenchPredictions.from_settings({}), [example("patches/example-agent/predictions.jsonl")]
    )
    loose = reading.verdicts(
        SweBenchReport.from_settings({"model": "@folder"}),
        [example("patches/example-agent/report.json")],
    )
    found = [reading.attached(run, loose) for run in runs]
    assert all(len(verdicts) == 1 for verdicts in found)
    outcomes = [verdicts[0].outcome for verdicts in found]
    assert outcomes.count(VerdictOutcome.ACCEPTED) == 4
    assert outcomes.count(VerdictOutcome.INSTRUMENT_FAILURE) == 1
    assert outcomes.count(VerdictOutcome.REJECTED) == 4
