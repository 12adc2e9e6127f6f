"""`distill recall`."""

import argparse
from collections.abc import Mapping
from itertools import islice
from typing import Final

from distill.cli.bars import progress_for
from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.receipts import trigger_scope
from distill.records.withdrawal import WithdrawalKind
from distill.report import write_report
from distill.retention.recall import Recall, open_recall
from distill.retention.withdrawing import withdraw
from distill.stages.summary import summarise
from distill.workspace.project import Project, open_workspace

_SHOWN: Final = 20


def recall(options: argparse.Namespace, console: Console) -> int:
    """Print what a run, a source or a file touched; end with 0, or 11 where bytes are gone."""
    project = open_workspace(options.workspace)
    if bool(options.withdraw) != bool(options.reason):
        raise ConfigurationError(
            "--withdraw and --reason go together: a withdrawal says why",
            'write: distill recall RUN|SOURCE|FILE --withdraw --reason "TEXT"',
        )
    kind = None if options.kind is None else WithdrawalKind(options.kind)
    with open_recall(project, options.target, kind) as found:
        if options.withdraw:
            return _withdraw(project, found, options, console)
        _print(found, console)
        rows = (found.row_json(row) for row in found.rows())
        console.listing(found.as_json(), "rows", rows)
        return found.exit_code


def _withdraw(
    project: Project, found: Recall, options: argparse.Namespace, console: Console
) -> int:
    """Withdraw what was found, and say what that does not reach."""
    with trigger_scope("cli"):
        gone = withdraw(
            project,
            found,
            reason=options.reason,
            by=options.by,
            progress=progress_for(quiet=console.quiet or console.as_json),
            done=lambda stage, outcome: console.line(f"{stage.name}: {outcome.status}"),
        )
    report = write_report(project)
    one = gone.withdrawal
    already = "" if gone.is_new else f" (it was withdrawn at {one.time})"
    console.line(f"withdrawn: {found.target}{already}; receipt {gone.receipt.digest.short}")
    if gone.logs or gone.objects or gone.releases:
        console.line("a withdrawal does not reach")
    for path in gone.logs:
        console.line(f"  the raw log {path}: delete or mend it yourself")
    if gone.objects:
        console.line(
            f"  {len(gone.objects)} replaced versions in data/objects:"
            " `distill prune --withdrawn --yes` deletes them"
        )
    for name in gone.releases:
        console.line(f"  the release {name}, and every copy of it that was sent")
    console.document(
        {
            "withdrawal": one.as_json(),
            "new": gone.is_new,
            "receipt": gone.receipt.digest.hex,
            "stages": [summarise(outcome).as_json() for outcome in gone.outcomes],
            "not_reached": {
                "logs": list(gone.logs),
                "objects": [path.name for path in gone.objects],
                "releases": list(gone.releases),
            },
            "report": str(report),
        }
    )
    return EXIT_OK


def _print(found: Recall, console: Console) -> None:
    console.line(str(found.target))
    for path in found.logs():
        console.line(f"  raw    {path}")
    numbers = found.numbers()
    if numbers:
        console.line()
        rows = [(name, of["ever"], of["now"]) for name, of in numbers.items()]
        console.table(("set", "rows ever", "now"), rows)
    _print_rows(found, console)
    _print_receipts(found, console)
    for release in found.releases():
        raw = f", and the raw {', '.join(release.logs)}" if release.logs else ""
        console.line(f"release {release.name}: {_counted(release.rows)}{raw}")
    for twin in islice(found.twins(), _SHOWN):
        console.line(f"the same content stands under another id: {twin}")
    for version in found.gone():
        console.line(f"gone, so it can't be told: {version.path}, blake3 {version.blake3}")


def _print_rows(found: Recall, console: Console) -> None:
    console.line()
    shown = None if console.verbose else _SHOWN
    rows = (row for row in found.rows() if row.is_current or console.verbose)
    for row in islice(rows, shown):
        name = " over ".join(row.runs) or row.source
        now = "" if row.is_current else "  (in older versions alone)"
        console.line(f"  {row.set}: {row.sample or name}  {row.relation.value}{now}")
    if shown is not None and next(rows, None) is not None:
        console.line("  … -v lists all, --json too")


def _print_receipts(found: Recall, console: Console) -> None:
    receipts = list(found.receipts())
    current = sum(receipt.is_current for receipt in receipts)
    total = len(found.history.receipts)
    console.line(f"receipts: {len(receipts)} of {total}, {current} of them current")
    for one in receipts:
        read = "read it; " if one.has_read else ""
        stage, digest = one.receipt.claim.stage, one.receipt.digest.short
        console.detail(
            f"  {one.receipt.run.ended_at}  {stage}  {digest}  {read}{_counted(one.rows)}"
        )


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in rows.items()) or "no rows"
