"""One line a stage for a person: read, exported, quarantined, and where the files are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from distill.receipts import Outcome

_READ: Final = ("records", "evidence", "scored", "examined")
_EXPORTED: Final = ("runs", "exported", "scored")


@dataclass(frozen=True)
class StageSummary:
    """What one stage did. `read` and `exported` count the stage's own units."""

    stage: str
    status: str
    reason: str
    receipt: str
    read: int
    exported: int
    quarantined: int
    by_reason: Mapping[str, int]
    place: str

    def as_json(self) -> dict[str, Any]:
        """Return the summary as a JSON object."""
        return asdict(self)


def summarise(outcome: Outcome) -> StageSummary:
    """Return the summary of a stage's outcome, from its receipt alone."""
    claim = outcome.receipt.claim
    total = _numbers(claim.counts.get("total"))
    return StageSummary(
        stage=claim.stage,
        status=outcome.status,
        reason=outcome.reason,
        receipt=outcome.digest.hex,
        read=_first(total, _READ),
        exported=_first(total, _EXPORTED),
        quarantined=total.get("quarantined", 0),
        by_reason=_numbers(claim.counts.get("by_reason")),
        place=_place([entry.path for entry in outcome.outputs]),
    )


def nothing_has_a_verdict(outcomes: Sequence[Outcome]) -> bool:
    """Return whether no SFT row came out and no scored run was decided by a verdict."""
    by_stage = {outcome.receipt.claim.stage: outcome.receipt.claim.counts for outcome in outcomes}
    exported = _numbers(by_stage.get("export_sft", {}).get("total")).get("exported", 0)
    scored = by_stage.get("score_runs", {})
    runs = _numbers(scored.get("total")).get("scored", 0)
    decided = sum(_numbers(scored.get("by_deciding_origin")).values())
    return runs > 0 and exported == 0 and decided == 0


def _place(paths: Sequence[str]) -> str:
    """Return the folder that holds most of a stage's files, quarantine aside."""
    folders = [
        PurePosixPath(*PurePosixPath(path).parts[:2])
        for path in paths
        if not path.startswith("quarantine/")
    ]
    return (
        max(set(folders), key=lambda folder: (folders.count(folder), str(folder))).as_posix()
        + ("/" if folders else "")
        if folders
        else ""
    )


def _first(total: Mapping[str, int], names: Sequence[str]) -> int:
    return next((total[name] for name in names if name in total), 0)


def _numbers(counts: object) -> dict[str, int]:
    if not isinstance(counts, Mapping):
        return {}
    return {name: number for name, number in counts.items() if isinstance(number, int)}
