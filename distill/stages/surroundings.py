"""What surrounds the runs of a source: prompts by task id, and the paths of its repository."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill.errors import SourceError
from distill.firewall.hallucinated_file_path import PathListing
from distill.records.message import Message
from distill.sources.assemble import TaskRow
from distill.sources.messages import read_messages
from distill.sources.pointers import ABSENT, parse_pointer, resolve
from distill.stages.benchmarks import read_benchmarks
from distill.stages.jobs import SourceJob
from distill.stages.name_finder import name_finder
from distill.stages.table_rows import table_rows
from distill.workspace.checkout import list_checkout
from distill.workspace.reading import read_blocks
from distill.workspace.source_table import RepositoryTable, TaskTable

if TYPE_CHECKING:
    from distill.firewall.benchmark_index import BenchmarkIndex
    from distill.firewall.person_names import FindNames


class Surroundings:
    """Looks up the task row and the path listing of a run by its task id."""

    def __init__(
        self,
        tasks: Mapping[str, TaskRow],
        listings: Mapping[str, PathListing],
        everywhere: PathListing | None,
        benchmarks: "Sequence[BenchmarkIndex]" = (),
        find_names: "FindNames | None" = None,
    ) -> None:
        self.benchmarks = benchmarks
        self.find_names = find_names
        self._tasks = tasks
        self._listings = listings
        self._everywhere = everywhere

    def task(self, task_id: str | None) -> TaskRow | None:
        """Return the task table's row, null where there is none."""
        return self._tasks.get(task_id) if task_id is not None else None

    def listing(self, task_id: str | None) -> PathListing | None:
        """Return the paths of the repository that the task is about, null where unknown."""
        if task_id is not None and task_id in self._listings:
            return self._listings[task_id]
        return self._everywhere


def read_surroundings(job: SourceJob, files: Mapping[str, Path]) -> Surroundings:
    """Read the task table, path listings and benchmark lists of a source; they stay in memory.

    The model that names are looked for with is loaded.

    Raises:
        SourceError: a row of either is not what its table says; file and line are named.
        ConfigurationError: the model is not the one that was asked for, or can't be loaded.
    """
    tasks: dict[str, TaskRow] = {}
    if job.table.task_table is not None:
        for recorded in job.task_files:
            tasks.update(_task_rows(recorded, files[recorded], job.table.task_table))
    return Surroundings(
        tasks,
        *_listings(job, files),
        read_benchmarks(job.benchmarks, files),
        name_finder(job.names, files),
    )


def _listings(
    job: SourceJob, files: Mapping[str, Path]
) -> tuple[dict[str, PathListing], PathListing | None]:
    repository = job.table.repository
    if repository is None:
        return {}, None
    by_task: dict[str, PathListing] = {}
    everywhere: set[str] = set()
    if job.checkout is not None:
        everywhere.update(list_checkout(files[job.checkout]))
    for recorded in job.listing_files:
        for task_id, paths in _listing_rows(recorded, files[recorded], repository):
            if task_id is None:
                everywhere.update(paths)
            else:
                by_task[task_id] = PathListing(paths)
    return by_task, PathListing(everywhere) if everywhere else None


def _task_rows(recorded: str, path: Path, table: TaskTable) -> Iterator[tuple[str, TaskRow]]:
    for place, row in table_rows(recorded, path):
        task_id = _at(row, table.task_id)
        prompt = _at(row, table.prompt)
        if not isinstance(task_id, str | int) or not prompt:
            raise SourceError(
                f"{place}: no task id at {table.task_id} or no prompt at {table.prompt}",
                "mend the pointers in task_table",
            )
        messages = (
            (Message(role="user", content=prompt),)
            if isinstance(prompt, str)
            else read_messages(prompt)
        )
        tools = _at(row, table.tools) if table.tools else None
        yield (
            str(task_id),
            TaskRow(
                messages=messages,
                tools=tuple(tools) if isinstance(tools, list) else None,
                repository=_text_at(row, table.repository),
                commit=_text_at(row, table.commit),
            ),
        )


def _listing_rows(
    recorded: str, path: Path, table: RepositoryTable
) -> Iterator[tuple[str | None, set[str]]]:
    name = path.name.removesuffix(".gz")
    if not name.endswith((".jsonl", ".json")):
        text = b"".join(read_blocks(path)).decode("utf-8", errors="replace")
        yield None, {line for line in text.splitlines() if line}
        return
    for place, row in table_rows(recorded, path):
        paths = _at(row, table.paths)
        if not isinstance(paths, list):
            raise SourceError(
                f"{place}: no list of paths at {table.paths}", "mend `paths` in repository"
            )
        task_id = _at(row, table.task_id)
        yield None if task_id is None else str(task_id), {str(entry) for entry in paths}


def _text_at(row: Any, pointer: str | None) -> str | None:
    value = _at(row, pointer) if pointer else None
    return value if isinstance(value, str) and value else None


def _at(row: Any, pointer: str) -> Any:
    """Return the value at a pointer, null where there is none."""
    value = resolve(row, parse_pointer(pointer))
    return None if value is ABSENT else value
