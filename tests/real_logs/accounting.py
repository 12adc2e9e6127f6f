"""Accounts for every run and every pair of the public logs, against the counts of others.

The independent counts stand in each SOURCE.md. Pairs are told from the evidence's verdicts as found
(a harness's full against its zero, within a task), before any rule of ours, and then followed to
where each one ended.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tests.real_logs.configuration import FOLDERS
from tests.workspaces import read_jsonl


@dataclass(frozen=True)
class Dataset:
    """One dataset: the independent counts, ours under the same names, and where its pairs went."""

    name: str
    independent: Mapping[str, Any]
    ours: Mapping[str, Any]
    blank_pairs: int
    fates: Mapping[str, int]


class Task:
    """The runs of one task with the harness's full and zero verdicts, as found."""

    def __init__(self) -> None:
        self.full: list[dict[str, Any]] = []
        self.zero: list[dict[str, Any]] = []

    def pairs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield every full-zero pair."""
        yield from product(self.full, self.zero)

    def spoken(self) -> list[tuple[str, str]]:
        """Return the output digests of every pair in which both sides have an output."""
        return [(a, b) for a, b in ((_text(a), _text(b)) for a, b in self.pairs()) if a and b]


def independent_counts(folder: Path) -> dict[str, Any]:
    """Return the JSON block of a SOURCE.md: the counts of an independent reader."""
    block = re.search(r"```json\n(.*?)```", (folder / "SOURCE.md").read_text(), re.DOTALL)
    assert block is not None
    counts: dict[str, Any] = json.loads(block[1])
    return counts


def account(root: Path, logs: Path) -> list[Dataset]:
    """Return the account of each dataset of a workspace that has run."""
    evidence = [
        row for path in (root / "data/evidence").glob("*/*.jsonl") for row in read_jsonl(path)
    ]
    scored = {
        row["run_id"]: row
        for path in (root / "data/scored").glob("*/*.jsonl")
        for row in read_jsonl(path)
    }
    exported = {
        (row["chosen_run_id"], row["rejected_run_id"])
        for row in read_jsonl(root / "exports/preference")
    }
    refused = {
        tuple(row["ids"]): row["reason"]
        for row in read_jsonl(root / "quarantine/export_preference.jsonl")
    }
    datasets = []
    for name, folder in FOLDERS.items():
        records = [row for row in evidence if row["dataset"] == name]
        tasks = _tasks(records)
        fates = Counter(
            _fate((chosen, rejected), _kept(task, scored), scored, exported, refused)
            for task in tasks
            for chosen, rejected in task.pairs()
            if _text(chosen) and _text(rejected)
        )
        every = sum(len(task.full) * len(task.zero) for task in tasks)
        datasets.append(
            Dataset(
                name=name,
                independent=independent_counts(logs / folder),
                ours=_counts(records, tasks),
                blank_pairs=every - fates.total(),
                fates=dict(sorted(fates.items())),
            )
        )
    return datasets


def _tasks(records: list[dict[str, Any]]) -> list[Task]:
    tasks: defaultdict[str, Task] = defaultdict(Task)
    for record in records:
        if _outcome(record) == "accepted":
            tasks[record["task"]["key"]].full.append(record)
        elif _outcome(record) == "rejected":
            tasks[record["task"]["key"]].zero.append(record)
    return list(tasks.values())


def _counts(records: list[dict[str, Any]], tasks: list[Task]) -> dict[str, Any]:
    """Return our counts under the names of the independent ones."""
    outcomes = Counter(_outcome(row) for row in records)
    spoken = [task.spoken() for task in tasks]
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        if record["task"]["task_id"] is not None:
            ids[record["task"]["task_id"]].add(record["task"]["key"])
    same = [{a for a, b in pairs if a == b} for pairs in spoken]
    return {
        "runs": len(records),
        "tasks": len({row["task"]["key"] for row in records}),
        "verdict_score": {"zero": outcomes["rejected"], "full": outcomes["accepted"]},
        "tasks_with_full_and_zero": sum(bool(pairs) for pairs in spoken),
        "pairs_full_x_zero": sum(map(len, spoken)),
        "pairs_capped_5_per_task": sum(min(5, len(pairs)) for pairs in spoken),
        "pairs_with_identical_text": sum(a == b for pairs in spoken for a, b in pairs),
        "distinct_text_pairs_capped_5": sum(
            min(5, len({(a, b) for a, b in pairs if a != b})) for pairs in spoken
        ),
        "same_task_same_text_conflicting_score": sum(map(len, same)),
        "bare_ids_shared_by_different_prompts": sum(len(keys) > 1 for keys in ids.values()),
    }


def _text(record: Mapping[str, Any]) -> str:
    """Return the digest of a run's output, "" where it has none."""
    return str(record["facts"]["output_digest"] or "")


def _outcome(record: Mapping[str, Any]) -> str:
    outcomes = {verdict["outcome"] for verdict in record["verdicts"]}
    return outcomes.pop() if len(outcomes) == 1 else "none"


def _kept(task: Task, scored: Mapping[str, dict[str, Any]]) -> set[str]:
    """Return the runs that stand for their category and text: the smallest run id of each."""
    kept: dict[tuple[str, str], str] = {}
    for record in task.full + task.zero:
        key = (scored[record["run_id"]]["category"], _text(record))
        kept[key] = min(record["run_id"], kept.get(key, record["run_id"]))
    return set(kept.values())


def _fate(
    sides: tuple[dict[str, Any], dict[str, Any]],
    kept: set[str],
    scored: Mapping[str, dict[str, Any]],
    exported: set[tuple[str, str]],
    refused: Mapping[tuple[str, ...], str],
) -> str:
    """Return where a pair with two outputs ended.

    What no other fate claims is taken for over the cap; a test holds that sum against the stage's
    own count, so that a lost pair would show.
    """
    ids = (sides[0]["run_id"], sides[1]["run_id"])
    if ids in exported:
        return "exported"
    if ids in refused:
        return f"quarantined: {refused[ids]}"
    in_review = [scored[run_id]["category"] == "needs_human_review" for run_id in ids]
    if any(in_review):
        return f"a side needs review: {scored[ids[in_review.index(True)]]['rule']}"
    if not kept.issuperset(ids):
        return "repeats the texts of another pair"
    return "over the cap of 5"
