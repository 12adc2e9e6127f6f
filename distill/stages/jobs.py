"""What the evidence stage is told of each source: its table and its files, by recorded paths."""

from distill.records.frozen import FrozenModel
from distill.sources.protocol import Source
from distill.sources.registry import source_for
from distill.workspace.source_table import SourceTable


class ListedBenchmark(FrozenModel):
    """A list of a benchmark's items: its name and version, and its file by recorded path."""

    name: str
    version: str
    path: str


class ListedNameModel(FrozenModel):
    """The model that names of persons are looked for with: a recorded folder, or what is installed.

    `files` are the recorded paths of the folder's files, none for an installed model. `runtime` are
    the versions of the distributions that it runs on: they decide what it finds as much as its
    files do, and no import tells of them, since nothing is imported where no model is named.
    """

    model: str
    version: str
    files: tuple[str, ...] = ()
    runtime: dict[str, str]


class SourceJob(FrozenModel):
    """One source of one run of the stage; paths are recorded paths, sorted.

    `joined` is the number of the joined files of verdicts that this job reads for its source's
    reader, null for the source's own files.

    `checkout_digest` is over the paths of `checkout`: they are an input that no single file holds.

    `withdrawn` are the files of this source that are withdrawn: they are named here and not read.
    Of a source with `is_withdrawn` nothing is read at all.

    `benchmarks` are the lists that its runs are compared with, `names` is the model that names of
    persons are looked for with, null where nothing looks for them.
    """

    table: SourceTable
    files: tuple[str, ...]
    joined: int | None = None
    task_files: tuple[str, ...] = ()
    listing_files: tuple[str, ...] = ()
    checkout: str | None = None
    checkout_digest: str | None = None
    withdrawn: tuple[str, ...] = ()
    is_withdrawn: bool = False
    benchmarks: tuple[ListedBenchmark, ...] = ()
    names: ListedNameModel | None = None

    def reader(self) -> Source:
        """Return the reader of the job's files.

        Raises:
            ConfigurationError: the source's settings are wrong.
        """
        source = source_for(self.table.kind).from_settings(self.table.settings)
        return source if self.joined is None else source.joined[self.joined].reader

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that the job reads."""
        return (*self.files, *self.around)

    @property
    def around(self) -> tuple[str, ...]:
        """The files among them that are no logs: what surrounds the runs."""
        lists = (one.path for one in self.benchmarks)
        model = self.names.files if self.names else ()
        return (*self.task_files, *self.listing_files, *lists, *model)
