"""The first pass over the logs: every raw record answered, every run's keys in a table.

What needs all records (runs logged twice, verdicts from elsewhere) is `distill.stages.resolve`.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import orjson

from distill.receipts.incremental.passes import Mapped, Part, Passes
from distill.receipts.incremental.running import Running
from distill.sources.rows import groups_by_path
from distill.stages.file_groups import InFileOrder, file_groups, start_reading_groups
from distill.stages.jobs import SourceJob
from distill.stages.narrow import NarrowTables
from distill.stages.parts import SourceParts
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.read_source import ReadSource
from distill.stages.record_reader import start_reading
from distill.stages.record_trees import RecordTree, RecordTrees
from distill.stages.row_groups import RowGroups, start_answering, start_gathering
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
#: Shards of evidence are so many times as long as usual: five stages look at each of them.
SCALE: Final = 8
#: So many bytes are worth workers where a model looks for names: it takes a second for some fifty
#: thousand, and two to be loaded.
_WORTH_WITH_NAMES: Final = 256 * 1024


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
        source = job.reader()
        start: Callable[..., Callable[[Any], Mapped]]
        if not source.group_by:
            start, read_all = start_reading, self._read_files
        elif groups_by_path(source):
            start, read_all = start_reading_groups, self._read_file_groups
        else:
            start, read_all = start_answering, self._read_row_groups
        passes: Passes[Any] = Passes(
            self.running,
            self.folder,
            start,
            (job, files),
            worth=None if job.names is None else _WORTH_WITH_NAMES,
            before=_import_for_all,
            scale=SCALE,
        )
        self._open.enter_context(passes)
        self.tally.add(job.table.name, "files", len(job.files))
        read = ReadSource(passes)
        yield from read_all(job, files, read)
        if not source.verdict_only:
            self.sources[job.table.name] = read

    def _read_files(
        self, job: SourceJob, files: Mapping[str, Path], read: ReadSource
    ) -> Iterator[int]:
        cutter = SourceParts.of(self.running, job, files)
        for _, tree, part, rows in self._parts_of_files(job, cutter, read.passes):
            tree.extend(self._take(job, read, part, rows))
            yield part.size

    def _read_file_groups(
        self, job: SourceJob, files: Mapping[str, Path], read: ReadSource
    ) -> Iterator[int]:
        """Read files that are grouped by their paths: a run stands where its first row does."""
        name = job.table.name
        cutter = SourceParts.of(self.running, job, files)
        groups = file_groups(cutter.source, job.files)
        parts = (cutter.of_whole_files(tuple(job.files[n] for n in group)) for group in groups)
        waiting: InFileOrder[Callable[[], None]] = InFileOrder()
        refused_runs: list[Any] = []
        for group, (part, rows) in zip(groups, read.passes.first(parts), strict=True):
            for take in waiting.before(group[0]):
                take()
            found = orjson.loads(rows)
            self._count(name, found)
            for number, (has_root, leaves, refused) in zip(group, found["files"], strict=True):
                tree = self.trees.put(name, job.files[number], lines_have_a_root=has_root)
                tree.extend(_leaves(leaves))
                waiting.put(number, partial(self.quarantine.put_all, refused))
            first = group[found["first"] or 0]
            waiting.put(first, partial(refused_runs.extend, found["refused"]))
            waiting.put(first, partial(self._number, name, read, part, found))
            yield part.size
        for take in waiting.before(len(job.files)):
            take()
        self.quarantine.put_all(refused_runs)

    def _read_row_groups(
        self, job: SourceJob, files: Mapping[str, Path], read: ReadSource
    ) -> Iterator[int]:
        """Read files whose rows are grouped by a value: pieces of groups first, then the groups."""
        cutter = SourceParts.of(self.running, job, files)
        given = (job, files)
        pieces: Passes[Any] = Passes(self.running, self.folder, start_gathering, given)
        self._open.enter_context(pieces)
        groups = self._open.enter_context(RowGroups(cutter, self.folder))
        for path, tree, part, rows in self._parts_of_files(job, cutter, pieces):
            found = orjson.loads(rows)
            self._count(job.table.name, found)
            self.quarantine.put_all(found["refused"])
            tree.extend(_leaves(found["leaves"]))
            groups.add(path, found["pieces"], pieces.spooled(part))
            yield part.size
        for part, rows in read.passes.first(groups.parts()):
            self._take(job, read, part, rows)
            yield 0

    def _parts_of_files(
        self, job: SourceJob, cutter: SourceParts, passes: Passes[Any]
    ) -> Iterator[tuple[str, RecordTree, Part[Any], bytes]]:
        """Yield the parts of all files of a job, each with its file, the file's tree, and rows."""
        name, files = job.table.name, cutter.files
        trees = {path: self.trees.begin(name, path, files[path]) for path in job.files}
        coming: deque[str] = deque()

        def parts() -> Iterator[Part[Any]]:
            for path in job.files:
                for part in cutter.of_file(path, knows=passes.knows):
                    coming.append(path)
                    yield part

        for part, rows in passes.first(parts()):
            path = coming.popleft()
            yield path, trees[path], part, rows

    def _take(self, job: SourceJob, read: ReadSource, part: Part[Any], rows: bytes) -> list[bytes]:
        """Put the rows of a part where they belong, and return the leaf hashes of its records."""
        found: Mapping[str, Any] = orjson.loads(rows)
        self._count(job.table.name, found)
        self.quarantine.put_all(found["refused"])
        self._number(job.table.name, read, part, found)
        return _leaves(found["leaves"])

    def _count(self, source: str, found: Mapping[str, Any]) -> None:
        for counted, number in found["counts"].items():
            self.tally.add(source, counted, number)
        for kind, number in found["no_run"].items():
            self.tally.group("by_no_run_kind", kind, number)

    def _number(
        self, source: str, read: ReadSource, part: Part[Any], found: Mapping[str, Any]
    ) -> None:
        """Number the runs and verdicts of the next part."""
        numbered = read.numbered
        read.begin(part)
        for start, end, *keys in found["runs"]:
            self._runs += 1
            self.tables.add("runs", (self._runs, source, numbered.lines, start, end, *keys, 0))
            numbered.lines += 1
        for verdict in found["verdicts"]:
            self._verdicts += 1
            self.tables.add("verdicts", (self._verdicts, source, *verdict))


def _import_for_all() -> None:
    """Import what the first run that is observed needs, and the stages behind need too."""
    import distill.firewall.minhash  # noqa: F401, PLC0415 - brings numpy


def _leaves(text: str) -> list[bytes]:
    """Return the leaf hashes that a part's rows hold."""
    leaves = bytes.fromhex(text)
    return [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
