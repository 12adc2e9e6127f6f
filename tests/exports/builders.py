"""Runs for tests: a scored run with its evidence, sound unless a test says otherwise."""

import hashlib
import json
from typing import Any

from distill.firewall.observing import OBSERVERS_VERSION, observe
from distill.records.evidence import EvidenceRecord, Facts, Provenance, TaskIdentity, Verdict
from distill.records.message import FunctionCall, Message, ToolCall
from distill.records.run_texts import RunTexts
from distill.records.scored import DecidingVerdict, EvidenceRef, ScoredRun
from distill.records.taxonomy import (
    Category,
    RecordClass,
    SourceRole,
    VerdictOrigin,
    VerdictOutcome,
)

ACCEPTED, PARTIAL = Category.ACCEPTED, Category.PARTIALLY_ACCEPTED
REJECTED, REVIEW = Category.REJECTED, Category.NEEDS_HUMAN_REVIEW

Run = tuple[ScoredRun, EvidenceRecord]


def hex_of(text: str) -> str:
    """64 hex digits that depend on a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def user(text: str | None) -> Message:
    """A user's turn."""
    return Message(role="user", content=text)


def assistant(text: str | None, *calls: ToolCall) -> Message:
    """An assistant's turn."""
    return Message(role="assistant", content=text, tool_calls=calls or None)


def call(name: str, arguments: dict[str, Any] | str, call_id: str | None = None) -> ToolCall:
    """A tool call."""
    return ToolCall(id=call_id, function=FunctionCall(name=name, arguments=arguments))


def tool(text: str, name: str | None = None) -> Message:
    """A tool's result."""
    return Message(role="tool", content=text, name=name)


def place(source: str = "trial", name: str = "a") -> Provenance:
    """A place in a log."""
    return Provenance(
        source=source, path=f"logs/{name}.jsonl", start=0, end=9, line=1, blake3=hex_of(name)
    )


def verdict(
    outcome: VerdictOutcome | None = VerdictOutcome.ACCEPTED,
    *,
    origin: VerdictOrigin = VerdictOrigin.TEST_HARNESS,
    value: Any = 1.0,
    name: str = "reward",
    **more: Any,
) -> Verdict:
    """A verdict."""
    return Verdict(name=name, value=value, origin=origin, outcome=outcome, **more)


def evidence(run_id: str = "trial/a", **fields: Any) -> EvidenceRecord:
    """An evidence record; `task`, `output` and the facts can be set by plain values."""
    messages = fields.pop("messages", (user("mend it"), assistant(f"done: {run_id}")))
    task = fields.pop("task", "t1")
    source = fields.pop("source", "trial")
    text = fields.pop("text", None)
    texts = RunTexts(
        messages=messages,
        text=text,
        tools=fields.get("tools"),
        dataset="trial",
        task_id=task,
        subject=fields.get("subject"),
        model=fields.get("model"),
        answer_keys=fields.pop("answer_keys", ()),
        cut_short=fields.pop("cut_short", None),
        is_observed=fields.pop("is_observed", False),
    )
    facts = {
        "output_digest": output_digest(messages, text),
        "prompt_digest": None,
        "output_chars": 4,
        "text_chars": 4,
        "observers": OBSERVERS_VERSION,
        "observed": observe(texts),
        **fields.pop("facts", {}),
    }
    return EvidenceRecord(
        **{
            "run_id": run_id,
            "logged_run_id": None,
            "dataset": run_id.partition("/")[0] or "trial",
            "source": source,
            "source_category": "mapped",
            "role": SourceRole.TRAIN,
            "licence": "MIT",
            "task": TaskIdentity(
                dataset="trial", task_id=task, digest=hex_of(str(task)), key=hex_of(f"key {task}")
            ),
            "messages": messages,
            "text": text,
            "content_digest": hex_of(run_id),
            "provenance": (place(source, run_id.replace("/", "-") or "none"),),
            "facts": Facts(**facts),
            **fields,
        }
    )


def output_digest(messages: tuple[Message, ...] | None, text: str | None) -> str | None:
    """A digest of what the assistant says, null where that is blank."""
    turns = [m.as_json() for m in messages or () if m.role == "assistant"]
    said = json.dumps(turns) if any(not m.is_blank for m in messages or ()) else text
    return hex_of(said) if said and said != "[]" else None


def score(record: EvidenceRecord, category: Category = ACCEPTED, **fields: Any) -> ScoredRun:
    """The scored run of an evidence record."""
    return ScoredRun(
        **{
            "run_id": record.run_id,
            "dataset": record.dataset,
            "source": record.source,
            "source_category": record.source_category,
            "record_class": RecordClass.VERDICT_BEARING,
            "role": record.role,
            "task": record.task,
            "subject": record.subject,
            "category": category,
            "rule": "highest_rank",
            "reasons": ("test_harness says so",),
            "decided_by": DecidingVerdict(
                name="reward", origin=VerdictOrigin.TEST_HARNESS, value=None
            ),
            "instrument_failure": record.instrument_failure,
            "output_digest": record.facts.output_digest,
            "evidence": EvidenceRef(path="data/evidence/x", start=0, end=1, blake3=hex_of("x")),
            **fields,
        }
    )


def run(run_id: str = "trial/a", category: Category = ACCEPTED, **fields: Any) -> Run:
    """A scored run with its evidence."""
    record = evidence(run_id, **fields)
    return score(record, category), record
