"""Every built-in reader passes the published test, and the test finds readers that do not."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.conformance import check_source
from distill.sources.evidence import Evidence
from distill.sources.mapped_verdicts import MappedVerdicts
from distill.sources.presets import preset_sources
from distill.sources.protocol import Answer, LooseVerdict, NoRun, RunDraft, Source
from distill.sources.registry import built_in_sources
from tests.sources.samples import (
    aider,
    atif,
    claude_code,
    codex,
    inspect,
    langfuse,
    openhands,
    otel,
    swe_agent,
    tau2,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
VERDICT = {"pointer": "/is_solved", "origin": "test_harness", "accepted": [True]}
CASES: dict[str, tuple[dict[str, Any], str | bytes | dict[str, bytes]]] = {
    "aider": ({}, aider.FILES),
    "tau2": ({}, tau2.FILES),
    "swe_agent": ({}, swe_agent.FILES),
    "openhands": ({}, openhands.FILES),
    "langfuse": ({}, langfuse.sample()),
    "atif": ({}, atif.FILES),
    "claude_code": ({}, claude_code.FILES),
    "codex": ({}, codex.FILES),
    "inspect": ({}, dict(sorted(inspect.FILES.items(), reverse=True))),
    "otel_genai": ({}, otel.sample()),
    "evidence": ({}, "notes/runs.jsonl"),
    "tau_bench": ({"model": "@file"}, "parcel_desk/gpt-example.json"),
    "swe_bench_predictions": ({}, "patches/example-agent/predictions.jsonl"),
    "swe_bench_report": ({"model": "@folder"}, "patches/example-agent/report.json"),
    "mapped": (
        {"prompt": "/prompt", "response": "/solution", "answer_keys": "/test", "verdict": VERDICT},
        "code_runs/run-1.jsonl",
    ),
    "reviews": (
        {},
        b'{"run": "a", "decision": "accepted", "reviewer": "b", "time": "2026-01-01"}\n[]\n{}\n',
    ),
    **{kind: ({}, f"families/{kind}.jsonl") for kind in preset_sources()},
}


@pytest.mark.parametrize("kind", built_in_sources())
def test_built_in(kind: str) -> None:
    """A built-in reader keeps the protocol on its example."""
    settings, sample = CASES[kind]
    check_source(built_in_sources()[kind], settings, sample_files(sample))


def sample_files(sample: str | bytes | dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a case by path."""
    if isinstance(sample, dict):
        return sample
    data = sample if isinstance(sample, bytes) else (EXAMPLES / sample).read_bytes()
    return {"logs/sample.json": data}


def test_rows_of_many_runs() -> None:
    """A reader that splits its records answers what the records as they stand would give."""
    rows = langfuse.rows_of_two()
    check_source(built_in_sources()["langfuse"], {"rows": "grouped"}, {"logs/rows.jsonl": rows})


def test_joined_verdicts() -> None:
    """The inner reader of joined verdicts keeps it too."""
    settings = {"paths": "x", "key": "/id", "value": "/v", "origin": "heuristic", "accepted": [1]}
    check_source(MappedVerdicts, settings, {"v.jsonl": b'{"id": "a", "v": 1}\n{"id": "b"}\n'})


class Broken(Evidence):
    """A reader that keeps all of the protocol but what its class attribute breaks."""

    answers: Sequence[Answer] = ()

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Answer what the test wants."""
        return self.answers


LONG = "an answer key that is long enough to be told from chance"
REJECTED = Verdict(
    name="v", value=0, origin=VerdictOrigin.HEURISTIC, outcome=VerdictOutcome.REJECTED
)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((), "silence"),
        ((NoRun("header"),), "no sample holds"),
        ((NoRun(""),), "of no kind"),
        ((RunDraft(messages=(Message(role="user", content=LONG),), answer_keys=(LONG,)),), "shown"),
        ((RunDraft(text=LONG, answer_keys=(LONG,)),), "shown"),
        ((RunDraft(text="x", messages=()),), "messages and text"),
        ((RunDraft(instrument_failure="x", verdicts=(REJECTED,)),), "instrument"),
        ((LooseVerdict(match={}, verdict=REJECTED),), "every run"),
        ((LooseVerdict(match={"run_id": "x"}, verdict=REJECTED),), "name its file"),
    ],
)
def test_broken_readers_are_found(answers: Sequence[Answer], words: str) -> None:
    """Each rule, broken alone, fails the published test in words that name it."""
    reader = type("Reader", (Broken,), {"answers": answers})
    with pytest.raises(AssertionError, match=words):
        check_source(reader, {}, {"a.jsonl": b'{"a": 1}\n'})


class Verdicts(Evidence):
    """Gives runs, though it says that it gives verdicts only."""

    verdict_only = True


class Careless(Evidence):
    """Takes any setting."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Careless":  # noqa: ARG003
        """Return the reader."""
        return cls()


class Impure(Evidence):
    """Changes the rows that it is given."""

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Answer, and leave a mark."""
        rows[0]["seen"] = True
        return [NoRun("seen")]


@pytest.mark.parametrize(
    ("reader", "words"),
    [(Verdicts, "gives a run"), (Careless, "unknown key"), (Impure, "changes its row")],
)
def test_careless_readers_are_found(reader: type[Source], words: str) -> None:
    """A reader that lies about itself, takes any key or changes its rows is found."""
    with pytest.raises(AssertionError, match=words):
        check_source(reader, {}, {"a.jsonl": b'{"run_id": 1}\n'})
