"""What the evidence stage is told of each source: its table and its files, by recorded paths."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts.digest import digest_bytes
from distill.records.frozen import FrozenModel
from distill.sources.protocol import Source
from distill.sources.registry import source_for
from distill.workspace.checkout import list_checkout
from distill.workspace.configuration import RepositoryTable, SourceTable, nearest
from distill.workspace.project import REVIEWS_GLOB, Project

REVIEWS_SOURCE = "reviews"


class SourceJob(FrozenModel):
    """One source of one run of the stage; paths are recorded paths, sorted.

    `joined` is the number of the joined files of verdicts that this job reads for its source's
    reader, null for the source's own files.

    `checkout_digest` is over the paths of `checkout`: they are an input that no single file holds.
    """

    table: SourceTable
    files: tuple[str, ...]
    joined: int | None = None
    task_files: tuple[str, ...] = ()
    listing_files: tuple[str, ...] = ()
    checkout: str | None = None
    checkout_digest: str | None = None

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
        return (*self.files, *self.task_files, *self.listing_files)


def source_jobs(project: Project) -> tuple[SourceJob, ...]:
    """Return a job for each source of the workspace, those of verdicts that it implies included.

    Raises:
        ConfigurationError: a kind or key is unknown, or `verdicts_for` names no source.
        SourceError: a pattern matches no file.
    """
    tables = [*project.configuration.sources, *_reviews(project)]
    names = {table.name for table in tables}
    jobs: list[SourceJob] = []
    for table in tables:
        if table.verdicts_for not in (None, *names):
            raise ConfigurationError(
                f"[sources.{table.name}]: verdicts_for names no source: {table.verdicts_for!r}",
                nearest(str(table.verdicts_for), names),
            )
        jobs += _jobs(project, table)
    return tuple(sorted(jobs, key=lambda job: job.table.name))


def _jobs(project: Project, table: SourceTable) -> Iterator[SourceJob]:
    place = f"[sources.{table.name}]"
    reader = _placed(place, lambda: source_for(table.kind).from_settings(table.settings))
    if not reader.verdict_only and table.role is None:
        raise ConfigurationError(
            f"{place}: verdicts_for is for kinds that hold verdicts alone, not {table.kind!r}",
            "remove verdicts_for, and set role and licence",
        )
    repository, tasks = table.repository, table.task_table
    listings = repository.listings if repository else ()
    yield SourceJob(
        table=table,
        files=_recorded(project, project.logs(table)),
        task_files=_recorded(project, project.find(tasks.paths if tasks else (), place)),
        listing_files=_recorded(project, project.find(listings, place)),
        **_checkout(project, repository),
    )
    for number, joined in enumerate(reader.joined):
        name = f"{table.name}.verdicts" + (f"-{number}" if number else "")
        implied = table.model_copy(
            update={"name": name, "paths": joined.paths, "verdicts_for": table.name}
        )
        yield SourceJob(
            table=implied, files=_recorded(project, project.logs(implied)), joined=number
        )


def _placed(place: str, make: Callable[[], Source]) -> Source:
    """Return what `make` makes; its error gets the place in `distill.toml` in front."""
    try:
        return make()
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error.message}", error.hint) from None


def _checkout(project: Project, repository: RepositoryTable | None) -> dict[str, str]:
    if repository is None or repository.checkout is None:
        return {}
    folder = project.workspace.place(repository.checkout)
    listing = "\n".join(list_checkout(folder))
    return {
        "checkout": project.workspace.record_path(folder),
        "checkout_digest": digest_bytes(listing.encode()).hex,
    }


def _recorded(project: Project, paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted(project.workspace.record_path(path) for path in paths))


def _reviews(project: Project) -> Iterator[SourceTable]:
    """Yield the source of `reviews/*.jsonl`, which every workspace has without naming it."""
    named = any(table.kind == "reviews" for table in project.configuration.sources)
    if not named and project.find((REVIEWS_GLOB,), "reviews", optional=True):
        yield SourceTable(
            name=REVIEWS_SOURCE, kind="reviews", paths=(REVIEWS_GLOB,), dataset=REVIEWS_SOURCE
        )
