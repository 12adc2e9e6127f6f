"""The first pass over the logs: every raw record answered, every run on disk, every key in a table.

What needs all records (runs logged twice, verdicts from elsewhere) is `distill.stages.resolve`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from distill.records.evidence import Provenance
from distill.records.taxonomy import QuarantineReason, QuarantineUnit
from distill.sources.framing import frame
from distill.sources.protocol import (
    BadFrame,
    LooseVerdict,
    NoRun,
    RawRecord,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.strict_json import parse
from distill.stages.assembling import RunAssembler, pointed
from distill.stages.grouping import RowGroups
from distill.stages.jobs import SourceJob
from distill.stages.narrow import NarrowTables
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.record_trees import RecordTrees
from distill.stages.shards import ShardWriter
from distill.stages.surroundings import Surroundings, read_surroundings
from distill.stages.tally import Tally
from distill.workspace.reading import read_blocks

PREFIX: Final = "part"

SCHEMA: Final = """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, source TEXT, line INTEGER, shard TEXT, start INTEGER, end INTEGER,
    run_id TEXT, logged TEXT, dataset TEXT, task_id TEXT, subject TEXT, model TEXT, content TEXT,
    numbered INTEGER, identity TEXT, has_output INTEGER, dropped INTEGER
);
CREATE TABLE verdicts (
    seq INTEGER PRIMARY KEY, source TEXT, target TEXT, match TEXT, content TEXT, verdict TEXT,
    provenance TEXT
);
"""


class Ingest:
    """Reads one source after another into shards under `folder` and into narrow tables."""

    def __init__(
        self, folder: Path, tables: NarrowTables, tally: Tally, quarantine: QuarantineFile
    ) -> None:
        self.folder = folder
        self.tables = tables
        self.tally = tally
        self.quarantine = quarantine
        self.trees = RecordTrees()
        self._runs = 0
        self._verdicts = 0

    def read_source(self, job: SourceJob, files: Mapping[str, Path]) -> Iterator[int]:
        """Read all files of a source; yields the bytes of each raw record that is done."""
        reading = _Reading(self, job, read_surroundings(job, files))
        if reading.source.verdict_only:
            yield from reading.all_files(files)
            return
        with ShardWriter(self.folder / job.table.name, PREFIX) as reading.shards:
            yield from reading.all_files(files)

    def next_run(self) -> int:
        """Return the number of the next run, over all sources."""
        self._runs += 1
        return self._runs

    def next_verdict(self) -> int:
        """Return the number of the next loose verdict, over all sources."""
        self._verdicts += 1
        return self._verdicts


class _Reading:
    """The reading of one source."""

    def __init__(self, ingest: Ingest, job: SourceJob, surroundings: Surroundings) -> None:
        self.source: Source = job.reader()
        self.shards: ShardWriter | None = None
        self._ingest = ingest
        self._table = job.table
        self._files = job.files
        self._assembler = RunAssembler(job, self.source, surroundings)
        self._lines = 0

    def all_files(self, files: Mapping[str, Path]) -> Iterator[int]:
        self._ingest.tally.add(self._table.name, "files", len(self._files))
        if self.source.group_by:
            with RowGroups(self.source) as groups:
                yield from self._frames(files, groups)
                for rows, origin in groups.in_order(self._provenance):
                    self._answer(rows, origin)
        else:
            yield from self._frames(files, None)

    def _frames(self, files: Mapping[str, Path], groups: RowGroups | None) -> Iterator[int]:
        for path in self._files:
            blocks = read_blocks(files[path])
            tree = self._ingest.trees.begin(self._table.name, path, files[path])
            for record in frame(blocks, self.source.framing, records_at=self.source.records_at):
                self._count("records")
                if isinstance(record, BadFrame):
                    self._bad_frame(path, record)
                else:
                    tree.add(record)
                    self._record(path, record, groups)
                yield record.end - record.start

    def _record(self, path: str, record: RawRecord, groups: RowGroups | None) -> None:
        origin = (self._provenance(path, record),)
        try:
            if groups is not None:
                groups.add(path, record)
                self._count("records_bearing")
                return
            row = parse(record.data)
        except RecordError as error:
            self._refuse(QuarantineUnit.RECORD, error, origin)
            return
        self._answer([row], origin)

    def _answer(self, rows: Sequence[Any], origin: tuple[Provenance, ...]) -> None:
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
        for kind in kinds:
            self._ingest.tally.group("by_no_run_kind", kind)
        for answer in answers:
            if isinstance(answer, RunDraft):
                self._run(answer, origin)
            elif isinstance(answer, LooseVerdict):
                self._verdict(answer, origin)

    def _run(self, draft: RunDraft, origin: tuple[Provenance, ...]) -> None:
        self._count("runs_declared")
        origin = pointed(origin, draft.pointer)
        try:
            run = self._assembler.run(draft, origin)
        except RecordError as error:
            self._refuse(QuarantineUnit.RUN, error, origin)
            return
        record = run.record
        if self.shards is None:
            raise TypeError(f"source kind {self.source.kind!r} says verdict_only and gives runs")
        at = self.shards.write(record.to_line())
        self._ingest.tables.add(
            "runs",
            (
                self._ingest.next_run(),
                self._table.name,
                self._lines,
                at.shard,
                at.start,
                at.end,
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
                0,
            ),
        )
        self._lines += 1

    def _verdict(self, loose: LooseVerdict, origin: tuple[Provenance, ...]) -> None:
        self._count("verdicts")
        origin = pointed(origin, loose.pointer)
        self._ingest.tables.add(
            "verdicts",
            (
                self._ingest.next_verdict(),
                self._table.name,
                self._table.verdicts_for,
                json.dumps(dict(loose.match), sort_keys=True),
                loose.content_digest,
                loose.verdict.model_copy(update={"path": origin[0].path}).model_dump_json(),
                json.dumps([place.model_dump() for place in origin]),
            ),
        )

    def _bad_frame(self, path: str, frame: BadFrame) -> None:
        error = RecordError(QuarantineReason.SCHEMA_VIOLATION, frame.rule, frame.detail)
        self._refuse(QuarantineUnit.RECORD, error, (self._provenance(path, frame),))

    def _refuse(
        self, unit: QuarantineUnit, error: RecordError, origin: tuple[Provenance, ...]
    ) -> None:
        is_record = unit is QuarantineUnit.RECORD
        self._count("records_quarantined" if is_record else "runs_quarantined")
        self._count("quarantined")
        self._ingest.quarantine.add(
            unit,
            self._table.name,
            reason=error.reason,
            rule=error.rule,
            detail=error.detail,
            origin=origin,
        )

    def _provenance(self, path: str, record: RawRecord | BadFrame) -> Provenance:
        return Provenance(
            source=self._table.name,
            path=path,
            start=record.start,
            end=record.end,
            line=record.line,
            pointer=record.pointer,
            blake3=record.blake3,
        )

    def _count(self, name: str, number: int = 1) -> None:
        self._ingest.tally.add(self._table.name, name, number)
