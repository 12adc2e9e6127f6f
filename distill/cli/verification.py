"""`distill verify`. It opens the engine's workspace alone: a wrong key in the file is no matter."""

import argparse
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from distill.cli.console import Console
from distill.errors import EXIT_INCOMPLETE, EXIT_OK, ConfigurationError
from distill.receipts import VerificationReport, VerificationRequest, Workspace, verify_workspace
from distill.receipts.ledger.checkpoint import MAX_NOTE_BYTES
from distill.receipts.verify.keys import PinnedKey
from distill.receipts.verify.released import is_release
from distill.receipts.verify.rows import RowSchemas
from distill.receipts.verify.since import OldCheckpoint
from distill.receipts.workspace import CONFIGURATION

_ENDS: Final = {EXIT_OK: "sound", EXIT_INCOMPLETE: "incomplete"}


def verify(options: argparse.Namespace, console: Console) -> int:
    """Print every fault, and end with 0, 10 or 11."""
    request = VerificationRequest(
        is_deep=options.deep,
        is_quick=options.quick,
        rows=_row_schemas() if options.deep else None,
        threads=options.threads,
        since=tuple(OldCheckpoint.read(_read(path), str(path)) for path in options.since),
        pinned=tuple(PinnedKey.read(_read(path), str(path)) for path in options.key),
    )
    report = _verify(options, request)
    for fault in report.faults:
        console.line(f"{fault.kind}: {fault.path}")
        console.line(f"  expected {fault.expected}, found {fault.found}: {fault.meaning}")
    for kind, remedy in report.remedies():
        console.line(f"what to do about {kind}: {remedy}")
    for note in report.notes:
        console.line(f"note: {note.meaning}")
    if report.withheld:
        console.line(f"withheld: {report.withheld}")
    end = _ENDS.get(report.exit_code, "NOT SOUND")
    console.line(f"{end}: {_looked_at(report)}")
    console.document(_as_json(report, end.lower()))
    return report.exit_code


def _verify(options: argparse.Namespace, request: VerificationRequest) -> VerificationReport:
    named = [Path(text) for text in options.targets]
    if options.workspace is None and not named and is_release(Path.cwd()):
        named = [Path.cwd()]
    releases = [path for path in named if is_release(path)]
    if not releases:
        is_whole = len(named) == 1 and (named[0] / CONFIGURATION).is_file()
        workspace = Workspace.named(named[0] if is_whole else options.workspace)
        targets = () if is_whole else _targets(options)
        return verify_workspace(workspace, replace(request, targets=targets))
    if len(named) > 1:
        raise ConfigurationError(
            f"{releases[0]} is a release, and there are other targets", "verify it by itself"
        )
    from distill.receipts.verify.release import verify_release  # noqa: PLC0415 - else not needed

    return verify_release(releases[0], request)


def _row_schemas() -> RowSchemas:
    """Return the schemas of all rows; their import costs more than a small verification."""
    from distill.records.row_checks import row_check  # noqa: PLC0415

    return row_check


def _targets(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the targets; one that is a path from the current folder is made absolute."""
    if options.workspace is not None:
        return tuple(options.targets)
    paths = (Path(text) for text in options.targets)
    return tuple(
        str(path.absolute()) if os.path.lexists(path) else text
        for path, text in zip(paths, options.targets, strict=True)
    )


def _looked_at(report: VerificationReport) -> str:
    told = f"{report.receipts} receipts and {report.files} files reread"
    if report.release is not None:
        told = f"the release {report.release}, {told}"
    if report.trusted:
        told += f", {report.trusted} files not reread"
    ledger = report.ledger
    if ledger is None:
        return f"{told}, no ledger"
    signed = "unsigned" if ledger.signed_by is None else f"signed by {ledger.signed_by}"
    return f"{told}, a ledger of {ledger.entries} lines, {signed}"


def _as_json(report: VerificationReport, result: str) -> dict[str, Any]:
    return {
        "result": result,
        "exit_code": report.exit_code,
        "receipts": report.receipts,
        "files": report.files,
        "not_reread": report.trusted,
        "ledger": None if report.ledger is None else asdict(report.ledger),
        "release": report.release,
        "withheld": report.withheld,
        "notes": [asdict(note) for note in report.notes],
        "faults": [{**asdict(fault), "remedy": fault.remedy} for fault in report.faults],
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be read: {error.strerror}", "name a file that is there"
        ) from error
