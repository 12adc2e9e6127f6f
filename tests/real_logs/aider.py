"""What aider's logs say beside runs and verdicts: its own report, and the truth about paths.

Read with `json` and `gzip` alone, as in `independent`. `derived/` lists the real paths of some
tasks' repositories, and the paths that a model named in prose and that are not among them.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "aider-swe-bench"
_REPORT = ("edit_outcome", "lint_outcome", "test_outcome")


@dataclass(frozen=True)
class AiderTruth:
    """What holds of the logs.

    `green_not_resolved` and the reverse count tasks whose report and verdict differ; `tries` all
    tries and `tries_without_patch` those that handed in nothing. `listed` are the tasks whose
    repository is listed. `invented` are the paths that no file has, by task; `by_end` the tasks
    where a real path was named by its end alone; `no_chats` those without a transcript.
    """

    green_not_resolved: int
    resolved_not_green: int
    tries: int
    tries_without_patch: int
    listed: frozenset[str]
    invented: Mapping[str, tuple[str, ...]]
    by_end: frozenset[str]
    no_chats: frozenset[str]


def read_truth(logs: Path) -> AiderTruth:
    """Return what holds of the folder beside the others."""
    folder = logs / FOLDER
    rows = [json.loads(path.read_text("utf-8")) for path in results(folder)]
    tries = [each for row in rows for each in row["all_results"]]
    green = [row for row in rows if all(row[key] is True for key in _REPORT)]
    named = json.loads((folder / "derived" / "path-oracle.json").read_text("utf-8"))
    return AiderTruth(
        green_not_resolved=sum(not row["resolved"] for row in green),
        resolved_not_green=sum(row["resolved"] and row not in green for row in rows),
        tries=len(tries),
        tries_without_patch=sum(not each["model_patch"].strip() for each in tries),
        listed=frozenset(row["instance_id"] for row in _trees(folder)),
        invented={
            row["instance_id"]: tuple(sorted(row["not_in_tree"]))
            for row in named
            if row["not_in_tree"]
        },
        by_end=frozenset(row["instance_id"] for row in named if row["suffix_only"]),
        no_chats=frozenset(path.stem for path in results(folder) if not _has_chats(path)),
    )


def results(folder: Path) -> list[Path]:
    """Return the results, one a task."""
    return sorted(folder.glob("*.json"))


def _has_chats(path: Path) -> bool:
    return any(path.with_suffix(suffix).exists() for suffix in (".md", ".md.gz"))


def _trees(folder: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / "derived" / "path-trees.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
