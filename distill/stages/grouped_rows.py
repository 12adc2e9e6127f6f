"""Sources with many rows to one run: read whole, since any row may belong to any run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from distill.receipts.incremental.passes import Mapped
from distill.sources.protocol import BadFrame
from distill.stages.grouping import RowGroups
from distill.stages.jobs import SourceJob
from distill.stages.record_reader import RecordReader
from distill.stages.record_trees import RecordTrees
from distill.stages.surroundings import read_surroundings
from distill.workspace.reading import read_records

_PART_BYTES: Final = 2**20


def read_groups(
    job: SourceJob, files: Mapping[str, Path], trees: RecordTrees
) -> Iterator[tuple[Mapped, int]]:
    """Yield what the groups of a source hold, in the order of their first rows, in some parts.

    With each part come the bytes of input that are done. The roots over the raw records go to
    ``trees``.

    Raises:
        SourceError: a file, or a table around the source, can't be read.
    """
    source, surroundings = job.reader(), read_surroundings(job, files)
    reader = RecordReader(job, source, surroundings)
    with RowGroups(source) as groups:
        for path in job.files:
            tree = trees.begin(job.table.name, path, files[path])
            for one in read_records(files[path], source):
                if not isinstance(one, BadFrame):
                    tree.add(one)
                reader.gather(groups, path, one)
                if reader.size >= _PART_BYTES:
                    yield reader.mapped(), 0
                    reader = RecordReader(job, source, surroundings)
            yield reader.mapped(), files[path].stat().st_size
            reader = RecordReader(job, source, surroundings)
        for rows, origin in groups.in_order(reader.provenance):
            if rows is None:
                reader.refuse_group(origin)
            else:
                reader.answer(rows, origin)
            if reader.size >= _PART_BYTES:
                yield reader.mapped(), 0
                reader = RecordReader(job, source, surroundings)
    yield reader.mapped(), 0
