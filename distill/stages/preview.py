"""Three runs of a source as it maps them, read from the beginning of its first files."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.receipts.scope import workspace_scope
from distill.records.message import Message
from distill.sources.protocol import (
    Answer,
    BadFrame,
    LooseVerdict,
    NoRun,
    RecordError,
    RunDraft,
)
from distill.sources.row_reader import RowReader
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
        for place, answer in islice(_answers(project, job), _RECORDS_READ):
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
    rows = RowReader(reader)
    for path in job.files:
        for record in read_records(project.workspace.resolve(path), reader):
            place = f"{path}" + (f":{record.line}" if record.line else record.pointer)
            if isinstance(record, BadFrame):
                yield place, record.detail
                continue
            try:
                if record.is_envelope:
                    continue
                answers = list(reader.answer(rows.rows(path, record), path=path))
            except RecordError as error:
                yield place, f"{error.reason.value}: {error.detail}"
                continue
            yield from ((place, answer) for answer in answers)


def _shown(answer: Answer) -> Iterator[str]:
    if isinstance(answer, LooseVerdict):
        yield f"   verdict for {dict(answer.match)}: {answer.verdict.outcome or 'by policy'}"
        return
    if not isinstance(answer, RunDraft):
        return
    for name in ("logged_run_id", "task_id", "trial", "subject", "model", "recorded_at"):
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
