"""What the evidence stage is told of each source: its table and its files, by recorded paths."""

from collections.abc import Iterable
from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts.digest import digest_bytes
from distill.records.frozen import FrozenModel
from distill.sources.registry import source_for
from distill.workspace.checkout import list_checkout
from distill.workspace.configuration import RepositoryTable, SourceTable, nearest
from distill.workspace.project import REVIEWS_GLOB, Project

REVIEWS_SOURCE = "reviews"


class SourceJob(FrozenModel):
    """One source of one run of the stage; paths are recorded paths, sorted.

    `checkout_digest` is over the paths of `checkout`: they are an input that no single file holds.
    """

    table: SourceTable
    files: tuple[str, ...]
    task_files: tuple[str, ...] = ()
    listing_files: tuple[str, ...] = ()
    checkout: str | None = None
    checkout_digest: str | None = None

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
    tables = [*project.configuration.sources, *_implied(project)]
    names = {table.name for table in tables}
    for table in tables:
        if table.verdicts_for not in (None, *names):
            raise ConfigurationError(
                f"[sources.{table.name}]: verdicts_for names no source: {table.verdicts_for!r}",
                nearest(str(table.verdicts_for), names),
            )
    return tuple(_job(project, table) for table in sorted(tables, key=lambda table: table.name))


def _job(project: Project, table: SourceTable) -> SourceJob:
    place = f"[sources.{table.name}]"
    reader = source_for(table.kind).from_settings(table.settings)
    if not reader.verdict_only and table.role is None:
        raise ConfigurationError(
            f"{place}: verdicts_for is for kinds that hold verdicts alone, not {table.kind!r}",
            "remove verdicts_for, and set role and licence",
        )
    repository = table.repository
    return SourceJob(
        table=table,
        files=_recorded(project, project.logs(table)),
        task_files=_recorded(project, project.find(table.task_table.paths, f"{place} task_table"))
        if table.task_table
        else (),
        listing_files=_recorded(project, project.find(repository.listings, f"{place} repository"))
        if repository
        else (),
        **_checkout(project, repository),
    )


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


def _implied(project: Project) -> list[SourceTable]:
    """Return the sources of verdicts that no table of their own names.

    They are `reviews/*.jsonl`, which every workspace has, and the `verdicts = {…}` of a source.
    """
    implied = []
    named = {table.kind for table in project.configuration.sources}
    if "reviews" not in named and project.find((REVIEWS_GLOB,), "reviews", optional=True):
        implied.append(
            SourceTable(
                name=REVIEWS_SOURCE, kind="reviews", paths=(REVIEWS_GLOB,), dataset=REVIEWS_SOURCE
            )
        )
    return implied
