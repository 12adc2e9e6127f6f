"""A source as `distill.toml` declares it: `[sources.NAME]`."""

from typing import Any

from pydantic import Field

from distill.records.frozen import FrozenModel
from distill.records.taxonomy import SourceRole


class TaskTable(FrozenModel):
    """Where a source's task table is: one JSON object a task, for logs that hold no prompt.

    `task_id`, `prompt`, `tools`, `repository`, `commit` are RFC 6901 pointers into a row; `prompt`
    may point to a string or to a list of messages. `repository` and `commit` name what the task is
    about, for the gate `benchmark_contamination` and for splits.
    """

    paths: tuple[str, ...]
    task_id: str = "/task_id"
    prompt: str = "/prompt"
    tools: str | None = None
    repository: str | None = None
    commit: str | None = None


class RepositoryTable(FrozenModel):
    """Which paths exist in the repository that a source's runs worked on.

    Either `checkout`, a folder whose files count; or `listings`, JSONL rows with a task id and a
    list of paths, or text files with a path a line that hold for every task of the source.
    """

    checkout: str | None = None
    listings: tuple[str, ...] = ()
    task_id: str = "/task_id"
    paths: str = "/paths"


class SourceTable(FrozenModel):
    """One source: what every kind has, and in `settings` what its reader takes.

    `judge` is the model behind verdicts of the origin `model_judge` whose judge neither the log nor
    the reader's settings name.

    `role` and `licence` are null only where `verdicts_for` is set: a source of verdicts for the
    runs of another source brings no text.
    """

    name: str
    kind: str
    paths: tuple[str, ...]
    dataset: str
    role: SourceRole | None = None
    licence: str | None = None
    category: str | None = None
    judge: str | None = Field(default=None, min_length=1)
    verdicts_for: str | None = None
    optional: bool = False
    task_table: TaskTable | None = None
    repository: RepositoryTable | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
