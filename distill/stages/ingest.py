"""The first pass over the logs: every raw record answered, every run's keys in a table.

What needs all records (runs logged twice, verdicts from elsewhere) is `distill.stages.resolve`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from distill.receipts.incremental.passes import Part, Passes
from distill.receipts.incremental.running import Running
from distill.stages.grouped_rows import read_groups
from distill.stages.jobs import SourceJob
from distill.stages.narrow import NarrowTables
from distill.stages.numbering import NumberedParts
from distill.stages.parts import Records, SourceParts
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.record_reader import start_reading
from distill.stages.record_trees import RecordTrees
from distill.stages.tally import Tally

SCHEMA: Final = """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, source TEXT, line INTEGER, start INTEGER, end INTEGER,
    run_id TEXT, logged TEXT, dataset TEXT, task_id TEXT, subject TEXT, model TEXT, content TEXT,
    numbered INTEGER, identity TEXT, has_output INTEGER, dropped INTEGER
);
CREATE TABLE verdicts (
    seq INTEGER PRIMARY KEY, source TEXT, target TEXT, match TEXT, content TEXT, verdict TEXT,
    provenance TEXT
);
"""


@dataclass
class ReadSource:
    """A source that was read, and its lines."""

    passes: Passes[Records]
    numbered: NumberedParts[Records] = field(default_factory=NumberedParts)

    def line(self, number: int, start: int, end: int) -> bytes:
        """Return a run's line, by its number in the source and its place in its part."""
        return self.passes.content(self._part(number))[start:end]

    def fetch(self, number: int) -> None:
        """Read the part of a line again now, if `line` would have to."""
        self.passes.fetch(self._part(number))

    def _part(self, number: int) -> Part[Records]:
        return self.numbered.parts[self.numbered.part_of(number)]


class Ingest:
    """Reads one source after another into narrow tables; their lines wait for the second pass.

    ``folder`` is the temporary place of the evidence.
    """

    def __init__(
        self,
        running: Running,
        folder: Path,
        tables: NarrowTables,
        tally: Tally,
        quarantine: QuarantineFile,
    ) -> None:
        self.folder = folder
        self.tables = tables
        self.tally = tally
        self.quarantine = quarantine
        self.trees = RecordTrees()
        self.sources: dict[str, ReadSource] = {}
        self.running = running
        self._open = ExitStack()
        self._runs = 0
        self._verdicts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def read_source(self, job: SourceJob, files: Mapping[str, Path]) -> Iterator[int]:
        """Read all files of a source; yields the bytes of each part that is done."""
        passes: Passes[Records] = Passes(self.running, self.folder, start_reading, (job, files))
        self._open.enter_context(passes)
        self.tally.add(job.table.name, "files", len(job.files))
        source = job.reader()
        read = ReadSource(passes)
        if source.group_by:
            for mapped, done in read_groups(job, files, self.trees):
                self._take(job, read, passes.put(mapped), mapped.rows)
                yield done
        else:
            yield from self._read_files(job, files, read)
        if source.verdict_only:
            passes.remember(read.numbered.parts)
        else:
            self.sources[job.table.name] = read

    def _read_files(
        self, job: SourceJob, files: Mapping[str, Path], read: ReadSource
    ) -> Iterator[int]:
        cutter = SourceParts.of(self.running, job, files)
        for path in job.files:
            tree = self.trees.begin(job.table.name, path, files[path])
            parts = cutter.of_file(path, knows=read.passes.knows)
            for part, rows in read.passes.first(parts):
                tree.extend(self._take(job, read, part, rows))
                yield part.size

    def _take(
        self, job: SourceJob, read: ReadSource, part: Part[Records], rows: bytes
    ) -> list[bytes]:
        """Put the rows of a part where they belong, and return the leaf hashes of its records."""
        found: Mapping[str, Any] = json.loads(rows)
        name = job.table.name
        for counted, number in found["counts"].items():
            self.tally.add(name, counted, number)
        for kind, number in found["no_run"].items():
            self.tally.group("by_no_run_kind", kind, number)
        self.quarantine.put_all(found["refused"])
        numbered = read.numbered
        numbered.begin(part)
        for start, end, *keys in found["runs"]:
            self._runs += 1
            self.tables.add("runs", (self._runs, name, numbered.lines, start, end, *keys, 0))
            numbered.lines += 1
        for verdict in found["verdicts"]:
            self._verdicts += 1
            self.tables.add("verdicts", (self._verdicts, name, *verdict))
        leaves = bytes.fromhex(found["leaves"])
        return [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
