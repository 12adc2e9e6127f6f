"""`distill verify`. It opens the engine's workspace alone: a wrong key in the file is no matter."""

import argparse
from dataclasses import asdict

from distill.cli.console import Console
from distill.errors import EXIT_INCOMPLETE, EXIT_OK
from distill.receipts import Workspace, verify_workspace


def verify(options: argparse.Namespace, console: Console) -> int:
    """Print every fault, and end with 0, 10 or 11."""
    report = verify_workspace(Workspace.named(options.workspace))
    for fault in report.faults:
        console.line(f"{fault.kind}: {fault.path}")
        console.line(f"  expected {fault.expected}, found {fault.found}: {fault.meaning}")
    end = {EXIT_OK: "sound", EXIT_INCOMPLETE: "incomplete"}.get(report.exit_code, "NOT SOUND")
    console.line(f"{end}: {report.receipts} receipts and {report.files} files reread")
    console.document(
        {
            "result": end.lower(),
            "exit_code": report.exit_code,
            "receipts": report.receipts,
            "files": report.files,
            "faults": [asdict(fault) for fault in report.faults],
        }
    )
    return report.exit_code
