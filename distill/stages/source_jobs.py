"""From the sources of `distill.toml` to the jobs of the evidence stage: kinds made, globs found."""

from collections.abc import Callable, Iterator
from typing import Final

from distill.errors import ConfigurationError, nearest
from distill.receipts.digest import digest_bytes
from distill.sources.protocol import Source
from distill.sources.registry import source_for
from distill.stages.jobs import ListedBenchmark, ListedNameModel, SourceJob
from distill.stages.name_models import listed_name_model
from distill.stages.source_files import SourceFiles
from distill.workspace.checkout import list_checkout
from distill.workspace.places import REVIEWS_GLOB
from distill.workspace.project import Project
from distill.workspace.source_table import RepositoryTable, SourceTable

REVIEWS_SOURCE: Final = "reviews"


def source_jobs(project: Project) -> tuple[SourceJob, ...]:
    """Return a job for each source of the workspace, those of verdicts that it implies included.

    Raises:
        ConfigurationError: a kind or key is unknown, or `verdicts_for` names no source.
        SourceError: a pattern matches no file.
    """
    tables = [*project.configuration.sources, *_reviews(project)]
    names = {table.name for table in tables}
    jobs: list[SourceJob] = []
    found = SourceFiles(project)
    benchmarks = tuple(_benchmarks(project, found))
    name_model = listed_name_model(project, found)
    for table in tables:
        if table.verdicts_for not in (None, *names):
            raise ConfigurationError(
                f"[sources.{table.name}]: verdicts_for names no source: {table.verdicts_for!r}",
                nearest(str(table.verdicts_for), names),
            )
        jobs += _jobs(project, table, found, benchmarks, name_model)
    return tuple(sorted(jobs, key=lambda job: job.table.name))


def _benchmarks(project: Project, found: SourceFiles) -> Iterator[ListedBenchmark]:
    """Yield the lists of benchmarks that the workspace's runs are compared with."""
    gate = project.configuration.firewall.benchmark_contamination
    for name, listed in sorted(gate.lists.items()):
        place = f"[firewall.benchmark_contamination.lists.{name}]"
        files = found.files((listed.path,), place).read
        if len(files) != 1:
            raise ConfigurationError(
                f"{place}: {len(files)} files are {listed.path!r}", "a list is one file"
            )
        yield ListedBenchmark(name=name, version=listed.version, path=files[0])


def _jobs(
    project: Project,
    table: SourceTable,
    found: SourceFiles,
    benchmarks: tuple[ListedBenchmark, ...],
    name_model: ListedNameModel | None,
) -> Iterator[SourceJob]:
    place = f"[sources.{table.name}]"
    reader = _placed(place, lambda: source_for(table.kind).from_settings(table.settings))
    if not reader.verdict_only and table.role is None:
        raise ConfigurationError(
            f"{place}: verdicts_for is for kinds that hold verdicts alone, not {table.kind!r}",
            "remove verdicts_for, and set role and licence",
        )
    if table.name in found.withdrawals.sources:
        yield SourceJob(table=table, files=(), is_withdrawn=True)
        return
    repository, tasks = table.repository, table.task_table
    logs = found.files(table.paths, place, optional=table.optional)
    rows = found.files(tasks.paths if tasks else (), place)
    listings = found.files(repository.listings if repository else (), place)
    yield SourceJob(
        table=table,
        files=logs.read,
        task_files=rows.read,
        listing_files=listings.read,
        withdrawn=tuple(sorted({*logs.withdrawn, *rows.withdrawn, *listings.withdrawn})),
        benchmarks=() if reader.verdict_only else benchmarks,
        names=None if reader.verdict_only else name_model,
        **_checkout(project, repository),
    )
    yield from _implied_jobs(table, reader, found)


def _implied_jobs(table: SourceTable, reader: Source, found: SourceFiles) -> Iterator[SourceJob]:
    """Yield a job for each set of files from which a source's settings join verdicts."""
    for number, joined in enumerate(reader.joined):
        name = f"{table.name}.verdicts" + (f"-{number}" if number else "")
        implied = table.model_copy(
            update={"name": name, "paths": joined.paths, "verdicts_for": table.name}
        )
        if name in found.withdrawals.sources:
            yield SourceJob(table=implied, files=(), joined=number, is_withdrawn=True)
            continue
        verdicts = found.files(implied.paths, f"[sources.{name}]", optional=implied.optional)
        yield SourceJob(
            table=implied, files=verdicts.read, withdrawn=verdicts.withdrawn, joined=number
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


def _reviews(project: Project) -> Iterator[SourceTable]:
    """Yield the source of `reviews/*.jsonl`, which every workspace has without naming it."""
    named = any(table.kind == "reviews" for table in project.configuration.sources)
    if not named and project.find((REVIEWS_GLOB,), "reviews", optional=True):
        yield SourceTable(
            name=REVIEWS_SOURCE, kind="reviews", paths=(REVIEWS_GLOB,), dataset=REVIEWS_SOURCE
        )
