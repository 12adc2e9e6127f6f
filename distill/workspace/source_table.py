"""A source as `distill.toml` declares it: `[sources.NAME]`."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from distill.errors import ConfigurationError
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import SourceRole
from distill.workspace.closed_table import read_table

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


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


def read_source_table(name: str, table: Any) -> SourceTable:
    """Return the source that a table `[sources.NAME]` declares; its reader checks `settings`.

    Raises:
        ConfigurationError: what every source needs is missing, unknown or misspelt.
    """
    place = f"[sources.{name}]"
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is no table", "write it as [sources.NAME]")
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{place}: a source's name is a folder's name too",
            "use lower-case letters, digits, '.', '_' and '-'",
        )
    general = {key: table[key] for key in table if key in SourceTable.model_fields}
    settings = {key: value for key, value in table.items() if key not in general}
    for key in settings:
        close = difflib.get_close_matches(key, set(SourceTable.model_fields), n=1, cutoff=0.85)
        if close:
            raise ConfigurationError(f"{place}: unknown key {key!r}", f"did you mean {close[0]!r}?")
    _required(general, place)
    general.setdefault("dataset", name)
    if not _NAME.fullmatch(str(general["dataset"])):
        raise ConfigurationError(
            f"{place}: dataset {general['dataset']!r} is no name",
            "use lower-case letters, digits, '.', '_' and '-'",
        )
    if isinstance(general.get("paths"), str):
        general["paths"] = [general["paths"]]
    return read_table(SourceTable, {**general, "name": name, "settings": settings}, place)


def _required(table: Mapping[str, Any], place: str) -> None:
    hints = {
        "kind": 'the log format, such as kind = "mapped"; docs/sources.md lists them',
        "paths": 'where the logs are, such as paths = ["logs/*.jsonl"]',
        "role": 'say what its runs may be used for: role = "train" or role = "evaluation" '
        "(a benchmark that you report on is an evaluation)",
        "licence": 'say under which licence its texts are: an SPDX name such as licence = "MIT", '
        'or licence = "proprietary"',
    }
    bears_texts = "verdicts_for" not in table
    for key, hint in hints.items():
        if key not in table and (bears_texts or key in ("kind", "paths")):
            raise ConfigurationError(f"{place}: {key} is not set", hint)
