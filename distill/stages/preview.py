"""Three runs of a source as it maps them, read from the beginning of its first files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.receipts.scope import workspace_scope
from distill.records.message import Message
from distill.sources.pointers import parse_pointer, resolve
from distill.sources.protocol import (
    Answer,
    BadFrame,
    LooseVerdict,
    NoRun,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.row_reader import RowReader
from distill.sources.rows import split_row
from distill.stages.jobs import SourceJob
from distill.stages.source_jobs import source_jobs
from distill.workspace.project import Project
from distill.workspace.reading import read_records

SHOWN: Final = 3
_RECORDS_READ: Final = 200
_TEXT_SHOWN: Final = 300


@dataclass(frozen=True)
class Preview:
    """What was found: each answer with its place, and how many records were looked at."""

    source: str
    runs: list[tuple[str, Answer]]
    troubles: list[tuple[str, str]]
    looked_at: int

    def lines(self) -> Iterator[str]:
        """Yield the preview for a person."""
        for place, answer in self.runs:
            yield f"── {place}"
            yield from _shown(answer)
        for place, trouble in self.troubles:
            yield f"── {place}: would be quarantined: {trouble}"
        yield f"{self.looked_at} records looked at"

    def as_json(self) -> dict[str, Any]:
        """Return the preview as a JSON object."""
        return {
            "source": self.source,
            "runs": [{"place": place, "shows": list(_shown(a))} for place, a in self.runs],
            "troubles": [{"place": place, "detail": detail} for place, detail in self.troubles],
            "looked_at": self.looked_at,
        }


def preview_source(project: Project, name: str) -> Preview:
    """Return the first runs of a source, mapped and not joined with anything.

    Raises:
        ConfigurationError: there is no such source, or it is withdrawn.
        SourceError: its files can't be read.
    """
    table = project.configuration.source(name)
    job = next(job for job in source_jobs(project) if job.table.name == table.name)
    if job.is_withdrawn:
        raise ConfigurationError(
            f"the source {name!r} is withdrawn, so it is not read", "withdrawals.jsonl says why"
        )
    found: list[tuple[str, Answer]] = []
    troubles: list[tuple[str, str]] = []
    looked_at = 0
    with workspace_scope(project.workspace):
        for place, answer in _answers(project, job):
            looked_at += 1
            if isinstance(answer, str):
                troubles.append((place, answer))
            elif not isinstance(answer, NoRun):
                found.append((place, answer))
            if len(found) >= SHOWN:
                break
    return Preview(name, found, troubles[:SHOWN], looked_at)


def _answers(project: Project, job: SourceJob) -> Iterator[tuple[str, Answer | str]]:
    reader = job.reader()
    read = islice(_records(project, job, reader), _RECORDS_READ)
    yield from _of_groups(reader, read) if reader.group_by else _of_records(reader, read)


def _records(project: Project, job: SourceJob, reader: Source) -> Iterator[tuple[str, str, Any]]:
    """Yield each record's file, its place for a person, and its rows; or why it has none."""
    rows = RowReader(reader)
    for path in job.files:
        for record in read_records(project.workspace.resolve(path), reader):
            place = f"{path}" + (f":{record.line}" if record.line else record.pointer)
            if isinstance(record, BadFrame):
                yield path, place, record.detail
                continue
            try:
                if not record.is_envelope:
                    yield path, place, rows.rows(path, record)
            except RecordError as error:
                yield path, place, _trouble(error)


def _of_records(
    reader: Source, read: Iterable[tuple[str, str, Any]]
) -> Iterator[tuple[str, Answer | str]]:
    for path, place, rows in read:
        if isinstance(rows, str):
            yield place, rows
        else:
            yield from _asked(reader, path, place, rows)


def _of_groups(
    reader: Source, read: Iterable[tuple[str, str, Any]]
) -> Iterator[tuple[str, Answer | str]]:
    """Put the records together that tell of one run: a run that goes on in later ones is cut."""
    groups: dict[str, tuple[str, str, list[Any]]] = {}
    for path, place, rows in read:
        if isinstance(rows, str):
            yield place, rows
            continue
        for row in rows:
            try:
                parts = split_row(reader, row, path)
            except RecordError as error:
                yield place, _trouble(error)
                continue
            for key, part in parts:
                groups.setdefault(str(key), (path, place, []))[2].append(part)
    for path, place, rows in groups.values():
        yield from _asked(reader, path, place, _in_order(reader, rows))


def _in_order(reader: Source, rows: list[Any]) -> list[Any]:
    """Return a group's rows by `order_by`; as they are where that is no number or text of all."""
    if reader.order_by is None:
        return rows
    tokens = parse_pointer(reader.order_by)
    try:
        return sorted(rows, key=lambda row: resolve(row, tokens))
    except TypeError:
        return rows


def _asked(
    reader: Source, path: str, place: str, rows: list[Any]
) -> Iterator[tuple[str, Answer | str]]:
    try:
        answers = list(reader.answer(rows, path=path))
    except RecordError as error:
        yield place, _trouble(error)
        return
    yield from ((place, answer) for answer in answers)


def _trouble(error: RecordError) -> str:
    return f"{error.reason.value}: {error.detail}"


def _shown(answer: Answer) -> Iterator[str]:
    if isinstance(answer, LooseVerdict):
        yield f"   verdict for {dict(answer.match)}: {answer.verdict.outcome or 'by policy'}"
        return
    if not isinstance(answer, RunDraft):
        return
    for name in (
        "logged_run_id",
        "task_id",
        "trial",
        "subject",
        "model",
        "recorded_at",
        "instrument_failure",
    ):
        value = getattr(answer, name)
        if value is not None:
            yield f"   {name}: {value}"
    for verdict in answer.verdicts:
        meaning = verdict.outcome.value if verdict.outcome else "decided by the policy's thresholds"
        yield f"   verdict {verdict.name} = {verdict.value!r} ({verdict.origin.value}): {meaning}"
    if not answer.verdicts:
        yield "   verdict: none in this record"
    for message in answer.messages or ():
        yield f"   {message.role}: {_cut(_said(message))}"
    if answer.text is not None:
        yield f"   text: {_cut(answer.text)}"


def _said(message: Message) -> str:
    calls = [f"calls {call.function.name}" for call in message.tool_calls or ()]
    return " ".join([message.content or "", *calls])


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_SHOWN else f"{line[:_TEXT_SHOWN]}… ({len(text):,} characters)"
