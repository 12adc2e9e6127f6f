"""From some raw records of a source to its evidence: pure, so that any process can do it.

What comes out is the lines of the runs, as they are before other records have a say, and rows that
say all that has to be known of the records across sources.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from distill.receipts.incremental.passes import Mapped
from distill.receipts.merkle import leaf_hash
from distill.records.evidence import Provenance
from distill.records.record import encode
from distill.records.taxonomy import QuarantineReason, QuarantineUnit
from distill.sources.assemble import AssembledRun
from distill.sources.protocol import (
    ENVELOPE_KIND,
    BadFrame,
    LooseVerdict,
    NoRun,
    RawRecord,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.row_reader import RowReader
from distill.sources.rows import read_row
from distill.stages.assembling import RunAssembler, pointed, with_judge
from distill.stages.grouping import MAX_GROUP_BYTES, GroupedRow, grouped_rows
from distill.stages.jobs import SourceJob
from distill.stages.part_reader import Frame
from distill.stages.parts import Records
from distill.stages.quarantine_file import QuarantineRows
from distill.stages.surroundings import Surroundings, read_surroundings

EVIDENCE_STAGE: Final = "build_evidence_index"


def start_reading(job: SourceJob, files: Mapping[str, Path]) -> Callable[[Records], Mapped]:
    """Return what reads parts of a job's files; the surroundings are read once.

    Raises:
        SourceError: a row of a task table or a listing is wrong.
    """
    source, surroundings = job.reader(), read_surroundings(job, files)
    return lambda records: RecordReader(job, source, surroundings).read(records)


class RecordReader:
    """Reads some records of one source, and gathers what they hold."""

    def __init__(self, job: SourceJob, source: Source, surroundings: Surroundings) -> None:
        self.source = source
        self._rows = RowReader(source)
        self._table = job.table
        self._assembler = RunAssembler(job, self.source, surroundings)
        self._counts: Counter[str] = Counter()
        self._no_run: Counter[str] = Counter()
        self._unobserved: list[AssembledRun] = []
        self._runs: list[list[Any]] = []
        self._verdicts: list[list[Any]] = []
        self._refused = QuarantineRows(EVIDENCE_STAGE)
        self._leaves: list[bytes] = []
        self._lines: list[bytes] = []
        self.size = 0

    def read(self, records: Records) -> Mapped:
        """Return what a part holds."""
        for one in records.frames:
            record = self._framed(records.path, one, has_root=records.has_root)
            if record is not None:
                self._record(records.path, record)
        return self.mapped()

    def gather(self, path: str, one: Frame, *, has_root: bool) -> list[GroupedRow]:
        """Return the rows that a record gives to runs, which are answered when all are there.

        ``has_root``: see `Records`.
        """
        record = self._framed(path, one, has_root=has_root)
        if record is None:
            return []
        try:
            rows = grouped_rows(self.source, path, record)
            if rows:
                self._count("records_bearing")
            else:
                self._runless(path, record)
        except RecordError as error:
            self._refuse(QuarantineUnit.RECORD, error, (self.provenance(path, record),))
            return []
        return rows

    def taken(self) -> tuple[str, list[tuple[str, str]]]:
        """Return the leaf hashes (hex) and the quarantine rows so far; what follows has its own."""
        leaves, refused = b"".join(self._leaves).hex(), self._refused.rows
        self._leaves, self._refused = [], QuarantineRows(EVIDENCE_STAGE)
        return leaves, refused

    def refuse_group(self, origin: tuple[Provenance, ...]) -> None:
        """Refuse a run whose records are too large to be read together."""
        self._count("runs_declared")
        limit = f"the records of the run have more than {MAX_GROUP_BYTES // 2**20} MiB together"
        error = RecordError(QuarantineReason.SCHEMA_VIOLATION, "group_too_large", limit)
        self._refuse(QuarantineUnit.RUN, error, origin)

    def mapped(self, **beside: Any) -> Mapped:
        """Return what was gathered; ``beside`` goes to its rows."""
        for run in self._assembler.observed(self._unobserved):
            self._keep(run)
        rows = {
            **beside,
            "counts": self._counts,
            "no_run": self._no_run,
            "runs": self._runs,
            "verdicts": self._verdicts,
            "refused": self._refused.rows,
            "leaves": b"".join(self._leaves).hex(),
        }
        return Mapped(encode(rows), b"".join(self._lines))

    def answer(self, rows: Sequence[Any], origin: tuple[Provenance, ...]) -> None:
        """Ask the source, and put each answer where it belongs; a grouped record bears already."""
        grouped = bool(self.source.group_by)
        try:
            answers = list(self.source.answer(rows, path=origin[0].path))
        except RecordError as error:
            unit = QuarantineUnit.RUN if grouped else QuarantineUnit.RECORD
            self._count("runs_declared", int(grouped))
            self._refuse(unit, error, origin)
            return
        kinds = [answer.kind for answer in answers if isinstance(answer, NoRun)]
        if not grouped:
            bears = len(kinds) < len(answers) or not kinds
            self._count("records_bearing" if bears else "records_no_run")
        if kinds:
            self._no_run.update(kinds)
        for answer in answers:
            if isinstance(answer, RunDraft):
                self._run(answer, origin)
            elif isinstance(answer, LooseVerdict):
                self._verdict(answer, origin)

    def provenance(self, path: str, record: Frame) -> Provenance:
        """Return where a record lies."""
        return Provenance(
            source=self._table.name,
            path=path,
            start=record.start,
            end=record.end,
            line=record.line,
            pointer=record.pointer,
            blake3=record.blake3,
        )

    def _framed(self, path: str, one: Frame, *, has_root: bool) -> RawRecord | None:
        """Count a frame, and return its record; null where it is none, which is refused."""
        self._count("records")
        if isinstance(one, BadFrame):
            error = RecordError(QuarantineReason.SCHEMA_VIOLATION, one.rule, one.detail)
            self._refuse(QuarantineUnit.RECORD, error, (self.provenance(path, one),))
            return None
        if one.line is None or not has_root:
            self._leaves.append(leaf_hash(one.data))
        return one

    def _runless(self, path: str, record: RawRecord) -> None:
        """Count a record that tells of no run, under the kind that its source names."""
        row = read_row(self.source, path, record.data)
        answers = self.source.answer([row], path=path)
        self._no_run.update(answer.kind for answer in answers if isinstance(answer, NoRun))
        self._count("records_no_run")

    def _record(self, path: str, record: RawRecord) -> None:
        if record.is_envelope:
            self._count("records_no_run")
            self._no_run[ENVELOPE_KIND] += 1
            return
        origin = tuple(self.provenance(path, one) for one in (record, *record.context))
        try:
            rows = self._rows.rows(path, record)
        except RecordError as error:
            self._refuse(QuarantineUnit.RECORD, error, origin[:1])
            return
        self.answer(rows, origin)

    def _run(self, draft: RunDraft, origin: tuple[Provenance, ...]) -> None:
        if self.source.verdict_only:
            raise TypeError(f"source kind {self.source.kind!r} says verdict_only and gives runs")
        self._count("runs_declared")
        origin = pointed(origin, draft.pointer)
        try:
            run = self._assembler.run(draft, origin)
        except RecordError as error:
            self._refuse(QuarantineUnit.RUN, error, origin)
            return
        self._unobserved.append(run)

    def _keep(self, run: AssembledRun) -> None:
        record, line = run.record, run.record.to_line()
        self._runs.append(
            [
                self.size,
                self.size + len(line),
                record.run_id,
                record.logged_run_id,
                record.dataset,
                record.task.task_id,
                record.subject,
                record.model,
                record.content_digest,
                int(run.numbered),
                run.identity,
                int(record.facts.output_digest is not None),
            ]
        )
        self._lines.append(line)
        self.size += len(line)

    def _verdict(self, loose: LooseVerdict, origin: tuple[Provenance, ...]) -> None:
        self._count("verdicts")
        origin = pointed(origin, loose.pointer)
        verdict = with_judge(loose.verdict, self._table.judge)
        self._verdicts.append(
            [
                self._table.verdicts_for,
                json.dumps(dict(loose.match), sort_keys=True),
                loose.content_digest,
                encode(verdict.changed(path=origin[0].path)).decode(),
                encode(origin).decode(),
            ]
        )

    def _refuse(
        self, unit: QuarantineUnit, error: RecordError, origin: tuple[Provenance, ...]
    ) -> None:
        is_record = unit is QuarantineUnit.RECORD
        self._count("records_quarantined" if is_record else "runs_quarantined")
        self._count("quarantined")
        self._refused.add(
            unit,
            self._table.name,
            reason=error.reason,
            rule=error.rule,
            detail=error.detail,
            origin=origin,
        )

    def _count(self, name: str, number: int = 1) -> None:
        self._counts[name] += number
