"""`distill recall … --withdraw`: the withdrawal is written down, the sets are built without it.

Order: what is touched is listed → the line stands in `withdrawals.jsonl` → the five stages run →
the receipt. A crash after the line leaves the rest to the next run of either command.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from distill.receipts import Outcome, workspace_scope
from distill.receipts.canonical import Json, dumps
from distill.receipts.clock import now
from distill.receipts.durable import new_token, replace_file
from distill.receipts.locks import hold
from distill.receipts.publish import objects_folder
from distill.records.withdrawal import Withdrawal, Withdrawals
from distill.retention.recall import Recall
from distill.retention.withdrawal_receipt import record_withdrawal
from distill.stages.evidence import STAGE as EVIDENCE
from distill.stages.pipeline import STAGES, Stage, run_stages
from distill.stages.progress import SILENT, Progress
from distill.workspace.project import Project

FOLDER: Final = "reports/withdrawals"


@dataclass(frozen=True)
class Withdrawn:
    """A withdrawal that was carried out.

    `is_new` is false where it stood in the file already. `objects` are the replaced versions in
    ``data/objects`` that still hold its rows; `logs` the raw logs, which nothing touches;
    `releases` those that hold rows or logs of it.
    """

    withdrawal: Withdrawal
    is_new: bool
    outcomes: Sequence[Outcome]
    receipt: Outcome
    objects: Sequence[Path]
    logs: Sequence[str]
    releases: Sequence[str]


def withdraw(
    project: Project,
    recall: Recall,
    *,
    reason: str,
    by: str | None,
    progress: Progress = SILENT,
    done: Callable[[Stage, Outcome], None] = lambda _stage, _outcome: None,
) -> Withdrawn:
    """Withdraw what is recalled, rebuild, and leave the receipt.

    Doing it twice withdraws once: the line that stands is kept, and what was not done yet is done.

    Raises:
        ConfigurationError: the reason can't be recorded, or the file of withdrawals is no such.
        DistillError: a stage failed; the withdrawal stands, and the next run goes on from there.
    """
    with hold(project.workspace, "withdrawals"):
        withdrawal, number, is_new = _write_down(project, recall, reason, by)
    outcomes = run_stages(project, STAGES, progress=progress, done=done)
    place = _folder(project, number)
    with workspace_scope(project.workspace):
        receipt = record_withdrawal(
            place / "touched.jsonl",
            _kept(project, outcomes),
            withdrawal=withdrawal,
            files=tuple(sorted(recall.target.files)),
            outcome=place / "outcome.json",
        )
    objects = objects_folder(project.workspace)
    held = (objects / version.blake3 for version in recall.held_by())
    return Withdrawn(
        withdrawal=withdrawal,
        is_new=is_new,
        outcomes=outcomes,
        receipt=receipt,
        objects=[path for path in held if path.exists()],
        logs=recall.logs(),
        releases=[release.name for release in recall.releases()],
    )


def _write_down(
    project: Project, recall: Recall, reason: str, by: str | None
) -> tuple[Withdrawal, int, bool]:
    """Return the withdrawal, its number from 1, and whether its line is new."""
    known = project.withdrawals()
    target = recall.target
    found = known.find(target.kind, target.name)
    number = len(known.all) + 1 if found is None else known.all.index(found) + 1
    withdrawal = found or Withdrawal(target.kind, target.name, reason, now(), by)
    line = withdrawal.to_line()
    listing = _folder(project, number) / "touched.jsonl"
    if found is None or not listing.exists():
        content = b"".join(dumps(entry) + b"\n" for entry in _touched(recall))
        replace_file(listing, content, new_token())
    if found is None:
        _append(project, known, line)
    return withdrawal, number, found is None


def _append(project: Project, known: Withdrawals, line: bytes) -> None:
    content = b"".join(one.to_line() for one in known.all) + line
    replace_file(project.withdrawals_file, content, new_token())


def _folder(project: Project, number: int) -> Path:
    return project.root / FOLDER / f"{number:04d}"


def _touched(recall: Recall) -> Iterator[Json]:
    """Yield what was touched, entry by entry, as it is written beside the receipt."""
    found: dict[str, Iterator[dict[str, Any]]] = {
        "row": (recall.row_json(row) for row in recall.rows()),
        "receipt": (receipt.as_json() for receipt in recall.receipts()),
        "release": (release.as_json() for release in recall.releases()),
        "log": ({"path": path} for path in recall.logs()),
        "same_content": ({"run": run_id} for run_id in recall.twins()),
        "gone": ({"path": v.path, "blake3": v.blake3} for v in recall.gone()),
    }
    for name, entries in found.items():
        yield from ({"entry": name, **entry} for entry in entries)


def _kept(project: Project, outcomes: Sequence[Outcome]) -> list[Path]:
    """Return the files of rows that stand now, but for the quarantine that names withdrawn runs."""
    return [
        project.workspace.resolve(entry.path)
        for outcome in outcomes
        for entry in outcome.outputs
        if entry.path.endswith(".jsonl")
        and (entry.role, outcome.receipt.claim.stage) != ("quarantine", EVIDENCE)
    ]
