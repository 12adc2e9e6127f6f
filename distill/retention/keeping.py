"""Which versions are still needed: by a release, by a receipt in the kept window, by a run."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from distill.receipts import journal
from distill.receipts.receipt import Receipt
from distill.receipts.workspace import Workspace
from distill.retention.history import History
from distill.workspace.retention import Retention


def cutoff_of(now: str, retention: Retention) -> str:
    """Return the moment, as receipts write it, at which the kept window begins."""
    moment = datetime.fromisoformat(now) - timedelta(days=retention.keep_days)
    return as_instant(moment)


def as_instant(moment: datetime) -> str:
    """Return a moment as receipts write it."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def needed(history: History, retention: Retention, cutoff: str) -> frozenset[str]:
    """Return the BLAKE3 digests, as hexadecimal digits, that must stay.

    A receipt that is kept needs its inputs and outputs, and those of what it was built on, so that
    it can be compared, recalled and run again.
    """
    digests: set[str] = set(_of_journals(history.workspace))
    for receipt in kept_receipts(history, retention, cutoff):
        digests.update(_of_receipt(receipt))
    for release in history.releases:
        digests.update(file.blake3.hex for file in release.manifest.files)
        digests.update(file.blake3.hex for file in release.manifest.withheld)
    return frozenset(digests)


def kept_receipts(history: History, retention: Retention, cutoff: str) -> Iterator[Receipt]:
    """Yield the receipts in the kept window and those of releases, with all they were built on."""
    seen: set[str] = set()
    for receipt in (*_in_window(history, retention, cutoff), *_of_releases(history)):
        for one in history.ancestors(receipt):
            if one.digest.hex not in seen:
                seen.add(one.digest.hex)
                yield one


def _in_window(history: History, retention: Retention, cutoff: str) -> Iterator[Receipt]:
    by_slot: dict[tuple[str, str], list[Receipt]] = {}
    for receipt in history.receipts:
        by_slot.setdefault((receipt.claim.stage, receipt.slot), []).append(receipt)
    for receipts in by_slot.values():
        yield from _kept_of_slot(receipts, retention, cutoff)


def _kept_of_slot(
    receipts: Sequence[Receipt], retention: Retention, cutoff: str
) -> Iterator[Receipt]:
    """Yield the newest ones, and those that were current at or after the cutoff."""
    for number, receipt in enumerate(receipts):
        is_newest = number >= len(receipts) - retention.keep_runs
        if is_newest or receipts[number + 1].run.ended_at >= cutoff:
            yield receipt


def _of_releases(history: History) -> Iterator[Receipt]:
    for release in history.releases:
        for digest in release.manifest.receipts:
            receipt = history.by_digest.get(digest)
            if receipt is not None:
                yield receipt


def _of_receipt(receipt: Receipt) -> Iterator[str]:
    for entry in (*receipt.claim.inputs, *receipt.claim.outputs):
        yield entry.blake3.hex


def _of_journals(workspace: Workspace) -> Iterator[str]:
    """Yield what a publication that has not ended may have to put back."""
    for name in journal.names(workspace):
        plan = journal.read(workspace, name)
        yield from (move.old.hex for move in plan.moves if move.old is not None)
        yield from (retirement.old.hex for retirement in plan.retirements)
