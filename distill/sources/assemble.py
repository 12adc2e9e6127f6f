"""From a draft to an evidence record: task identity, digests, facts and the id.

Laws: the record depends on the draft, the source's dataset and terms, the task table's row and the
provenance alone; two drafts of equal task, messages, text and tools have equal content digests
wherever they were found; `run_id` never depends on a path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from distill.receipts.digest import blake3_hex
from distill.records.compact import compact_bytes
from distill.records.evidence import EvidenceRecord, Facts, Observation, Provenance, TaskIdentity
from distill.records.message import INSTRUCTING_ROLES, Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason, SourceRole
from distill.sources.facts import (
    canonical_lists,
    digest_json,
    holds_answer_key,
    joined_list,
    prompt_of,
    rendered_chars,
    says_nothing,
    text_chars,
    turns_of,
)
from distill.sources.protocol import RecordError, RunDraft
from distill.sources.timestamps import to_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What a source's table in `distill.toml` says of all its records."""

    source: str
    dataset: str
    role: SourceRole
    licence: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """What a task table says of one task: for logs that hold no prompt or no tools."""

    messages: tuple[Message, ...] = ()
    tools: tuple[dict[str, Any], ...] | None = None
    repository: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Observers:
    """Who is asked about the texts of runs (`distill.firewall.observing`), and their version."""

    version: int
    ask: Callable[[Sequence[RunTexts]], Sequence[dict[str, Observation]]]


@dataclass(frozen=True, slots=True)
class AssembledRun:
    """An evidence record, whose id is settled unless `numbered`, and the texts to be observed.

    `identity` (64 hex) is the digest of dataset, task id, trial and content. Where the log gives
    neither an id nor a trial, equal identities are told apart by the number of their occurrence, in
    the order of files and ranges: see `with_occurrence`.
    """

    record: EvidenceRecord
    identity: str
    numbered: bool
    texts: RunTexts


def assemble(
    draft: RunDraft,
    context: SourceContext,
    provenance: tuple[Provenance, ...],
    *,
    task: TaskRow | None = None,
    hallucinated_paths: tuple[str, ...] | None = None,
) -> AssembledRun:
    """Return the evidence record of a draft, which no observer has seen.

    `hallucinated_paths` null means "not checked".

    Raises:
        RecordError: the conversation begins with a tool's result.
    """
    messages = _with_prompt(draft.messages, task)
    _check_beginning(messages or ())
    tools = draft.tools if draft.tools is not None or task is None else task.tools
    turns = turns_of(messages or ())
    lists = canonical_lists(messages or (), turns)
    prompt_digest = blake3_hex(lists[0])
    identity = _identify_task(draft, context.dataset, prompt_digest)
    content = _content_digest(identity, joined_list(lists), draft.text, tools)
    run_digest = digest_json([context.dataset, draft.task_id, draft.trial, content])
    logged = draft.logged_run_id
    texts = RunTexts(
        messages=messages,
        text=draft.text,
        tools=tools,
        dataset=context.dataset,
        logged_run_id=logged,
        task_id=draft.task_id,
        subject=draft.subject,
        model=draft.model,
        answer_keys=draft.answer_keys,
        repository=None if task is None else task.repository,
        commit=None if task is None else task.commit,
        cut_short=draft.cut_short,
        is_observed=draft.is_observed,
    )
    record = EvidenceRecord(
        run_id=f"{context.dataset}/{logged if logged is not None else run_digest[:32]}",
        logged_run_id=logged,
        dataset=context.dataset,
        source=context.source,
        source_category=draft.source_category or context.category,
        record_class=draft.record_class,
        role=context.role,
        licence=context.licence,
        task=identity,
        subject=draft.subject,
        repository=texts.repository,
        messages=messages,
        text=draft.text,
        tools=tools,
        model=draft.model,
        verdicts=draft.verdicts,
        instrument_failure=draft.instrument_failure,
        recorded_at=to_utc(draft.recorded_at),
        content_digest=content,
        provenance=provenance,
        facts=Facts(
            output_digest=_output_digest(draft, messages, lists[1]),
            prompt_digest=prompt_digest if turns.start else None,
            output_chars=text_chars(messages[turns]) if messages else len(draft.text or ""),
            text_chars=rendered_chars(messages, draft.text),
            hallucinated_paths=hallucinated_paths,
            answer_key_in_prompt=holds_answer_key(messages or (), draft.answer_keys),
            tools_unknown=tools is None,
        ),
    )
    is_numbered = logged is None and draft.trial is None
    return AssembledRun(record, run_digest, is_numbered, texts)


def observed(runs: Sequence[AssembledRun], observers: Observers) -> list[AssembledRun]:
    """Return the runs with what the observers tell of each; they are asked about all in one go."""
    told = observers.ask([run.texts for run in runs])
    return [_with(run, observers.version, one) for run, one in zip(runs, told, strict=True)]


def _with(run: AssembledRun, version: int, told: dict[str, Observation]) -> AssembledRun:
    facts = run.record.facts.changed(observers=version, observed=told)
    return AssembledRun(run.record.changed(facts=facts), run.identity, run.numbered, run.texts)


def with_occurrence(assembled: AssembledRun, number: int) -> EvidenceRecord:
    """Return the record of the `number`-th run of an identity, from 0; 0 leaves the id as it is."""
    if not assembled.numbered or number == 0:
        return assembled.record
    run_id = occurrence_run_id(assembled.record.dataset, assembled.identity, number)
    return assembled.record.changed(run_id=run_id)


def occurrence_run_id(dataset: str, identity: str, number: int) -> str:
    """Return the id of the `number`-th run (from 1) among identical ones that have no id."""
    return f"{dataset}/{digest_json([identity, number])[:32]}"


def _with_prompt(
    messages: tuple[Message, ...] | None, task: TaskRow | None
) -> tuple[Message, ...] | None:
    """Put the task table's messages first, unless the log itself says what the model was asked."""
    if task is None or messages is None or prompt_of(messages):
        return messages
    return task.messages + messages


def _check_beginning(messages: Sequence[Message]) -> None:
    """Refuse a conversation whose beginning is missing: no model can be taught from it."""
    first = next((one for one in messages if one.role not in INSTRUCTING_ROLES), None)
    if first is not None and first.role == "tool":
        raise RecordError(
            QuarantineReason.SCHEMA_VIOLATION,
            "tool_first",
            "the conversation begins with a tool's result: what asked for it is not in the log",
        )


def _output_digest(
    draft: RunDraft, messages: tuple[Message, ...] | None, output: bytes
) -> str | None:
    """Return the digest of the output, or of the text; null where that is blank."""
    if draft.is_empty_handed:
        return None
    if messages is None:
        return digest_json(draft.text) if draft.text is not None and draft.text.strip() else None
    return None if says_nothing(messages) else blake3_hex(output)


def _content_digest(
    task: TaskIdentity, messages: bytes, text: str | None, tools: tuple[dict[str, Any], ...] | None
) -> str:
    """Return the digest of what a run is; `messages` are a canonical list."""
    values = (compact_bytes(task.key), messages, compact_bytes(text), compact_bytes(tools))
    return blake3_hex(b"[" + b",".join(values) + b"]")


def _identify_task(draft: RunDraft, dataset: str, prompt_digest: str) -> TaskIdentity:
    fields = draft.task_fields
    digest = prompt_digest if fields is None else digest_json(fields)
    key = digest_json([dataset, draft.task_id, digest])
    return TaskIdentity(dataset=dataset, task_id=draft.task_id, digest=digest, key=key)
