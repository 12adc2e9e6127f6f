"""Reads logs as the stage does, without files: frame, parse, answer, assemble, number, join."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from distill.records.evidence import EvidenceRecord, Provenance, Verdict
from distill.records.taxonomy import SourceRole
from distill.sources.assemble import SourceContext, assemble, with_occurrence
from distill.sources.framing import records_in
from distill.sources.protocol import (
    Answer,
    BadFrame,
    LooseVerdict,
    RawRecord,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.row_reader import RowReader

CONTEXT = SourceContext(
    source="logs", dataset="logs", role=SourceRole.TRAIN, licence="MIT", category="agent_runs"
)
File = tuple[str, Iterable[bytes]]


def read(source: Source, files: Sequence[File]) -> list[tuple[Provenance, Answer | RecordError]]:
    """Return each answer, or error, with its place."""
    found: list[tuple[Provenance, Answer | RecordError]] = []
    for path, blocks in files:
        rows = RowReader(source)
        for record in records_in(source, b"".join(blocks)):
            if isinstance(record, RawRecord) and record.is_envelope:
                continue
            place = Provenance(
                source="logs",
                path=path,
                start=record.start,
                end=record.end,
                line=record.line,
                pointer=record.pointer,
                blake3=record.blake3,
            )
            assert not isinstance(record, BadFrame), record
            try:
                answers = source.answer(rows.rows(path, record), path=path)
                found += [(place, answer) for answer in answers]
            except RecordError as error:
                found.append((place, error))
    return found


def runs(source: Source, files: Sequence[File]) -> list[EvidenceRecord]:
    """Return the evidence of all runs, numbered where the log has neither id nor trial."""
    seen: Counter[str] = Counter()
    records = []
    for place, answer in read(source, files):
        assert isinstance(answer, RunDraft), answer
        assembled = assemble(answer, CONTEXT, (place,))
        records.append(with_occurrence(assembled, seen[assembled.identity]))
        seen[assembled.identity] += 1
    return records


def verdicts(source: Source, files: Sequence[File]) -> list[LooseVerdict]:
    """Return all loose verdicts of a verdict-only source."""
    answers = [answer for _, answer in read(source, files)]
    loose = [answer for answer in answers if isinstance(answer, LooseVerdict)]
    assert len(loose) == len(answers)
    return loose


def attached(record: EvidenceRecord, loose: Iterable[LooseVerdict]) -> list[Verdict]:
    """Return the loose verdicts that match a run."""
    has = {
        "task_id": record.task.task_id,
        "model": record.model,
        "subject": record.subject,
        "has_output": "false" if record.facts.output_digest is None else "true",
    }
    return [v.verdict for v in loose if all(has[key] == v.match[key] for key in v.match)]


def relative(path: str) -> str:
    """Return the last two parts of a path, as a recorded path would name them."""
    return "/".join(PurePosixPath(path).parts[-2:])
