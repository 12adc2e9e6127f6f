"""What the files of a workspace that has run say of each run and each pair."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real_logs.independent import Run
from tests.workspaces import read_jsonl

_IS_FULL = {"accepted": True, "rejected": False}


@dataclass(frozen=True)
class Ended:
    """One run as the workspace has it: as evidence that can be counted, and as scored.

    `evidence` is the run in the form of the independent reader: its task is the task key, its
    output the output digest. `invented` are the paths found to be no file's, null where nothing was
    checked; `dissents` says whether a grader of a lower rank disagrees with the one that decided.
    """

    evidence: Run
    run_id: str
    dataset: str
    source: str
    category: str
    rule: str
    invented: tuple[str, ...] | None
    dissents: bool


@dataclass(frozen=True)
class Endings:
    """All runs of a workspace by their place in a log, and how its exports ended.

    `pairs` says of every examined pair (chosen and rejected run id) "exported" or its reason and
    rule; `rag` and `sft` say of every run "exported" or its reason.
    """

    runs: dict[tuple[str, int | None, str], Ended]
    pairs: dict[tuple[str, str], str]
    rag: dict[str, str]
    sft: dict[str, str]


def read_endings(root: Path) -> Endings:
    """Read a workspace; a run or a pair that ended twice, or two runs of one place, fail."""
    return Endings(
        runs=_once((ended.evidence.place, ended) for ended in _runs(root)),
        pairs=_once(_pairs(root)),
        rag=_once(_run_ends(root, "rag")),
        sft=_once(_run_ends(root, "sft")),
    )


def _once(items: Iterator[tuple[Any, Any]]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in items:
        assert key not in found, f"{key} ended twice"
        found[key] = value
    return found


def _runs(root: Path) -> Iterator[Ended]:
    scored = _once((row["run_id"], row) for row in _shards(root / "data" / "scored"))
    for record in _shards(root / "data" / "evidence"):
        decided = scored.pop(record["run_id"])
        # A transcript beside a record has no run of its own.
        place, *_ = record["provenance"]
        outcome = _outcome([v for v in record["verdicts"] if v["name"] != "aider_report"])
        evidence = Run(
            place=(place["path"].partition(":")[2], place["line"], place["pointer"]),
            task=record["task"]["key"],
            bare_id=record["task"]["task_id"],
            is_full=_IS_FULL.get(outcome),
            output=record["facts"]["output_digest"],
            is_partial=outcome == "partially_accepted",
        )
        yield Ended(
            evidence,
            record["run_id"],
            record["dataset"],
            record["source"],
            decided["category"],
            decided["rule"],
            None if (found := record["facts"]["hallucinated_paths"]) is None else tuple(found),
            bool(decided["dissent"]),
        )
    assert not scored, "scored runs without evidence"


def _outcome(verdicts: list[dict[str, Any]]) -> str:
    """Return what the harness said, else people, checks, judges; "" where they don't agree.

    What aider says of itself is a check beside the harness, or of tries that nobody judged.
    """
    for origin in ("test_harness", "human_feedback", "deterministic_check", "model_judge"):
        said = {v["outcome"] for v in verdicts if v["origin"] == origin}
        if said:
            return (said.pop() or "") if len(said) == 1 else ""
    return ""


def _shards(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*/*.jsonl")):
        yield from read_jsonl(path)


def _pairs(root: Path) -> Iterator[tuple[tuple[str, str], str]]:
    for row in read_jsonl(root / "exports" / "preference"):
        yield (row["chosen_run_id"], row["rejected_run_id"]), "exported"
    for row in read_jsonl(root / "quarantine" / "export_preference.jsonl"):
        chosen, rejected = row["ids"]
        yield (chosen, rejected), f"{row['reason']}, {row['rule']}"


def _run_ends(root: Path, export: str) -> Iterator[tuple[str, str]]:
    for row in read_jsonl(root / "exports" / export):
        yield row["source_run_id"], "exported"
    for row in read_jsonl(root / "quarantine" / f"export_{export}.jsonl"):
        (run_id,) = row["ids"]
        yield run_id, row["reason"]
