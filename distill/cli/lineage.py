"""`distill prove` and `distill verify-proof`."""

import argparse
import sys

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.lineage.given import folder_of_receipts, read_kept, read_pinned
from distill.lineage.held_receipts import hold_receipts
from distill.lineage.proof_file import write_content
from distill.lineage.proof_reader import read_proof_file
from distill.lineage.verification import verify_proof
from distill.receipts import Workspace


def prove(options: argparse.Namespace, console: Console) -> int:
    """Write the proof of a sample, or the statement that a run is in no row of a set."""
    workspace = Workspace.named(options.workspace)
    if options.absent is not None:
        return _prove_absent(options, workspace, console)
    from distill.lineage.proving import prove_sample  # noqa: PLC0415 - checking needs no pydantic

    if options.sample is None:
        raise ConfigurationError("name a sample", "its id, or a unique prefix: `distill prove ID`")
    since = None if options.since is None else read_kept(options.since)
    proof = prove_sample(workspace, options.sample, since)
    if options.output is None:
        sys.stdout.buffer.write(proof.content)
        return EXIT_OK
    write_content(proof.content, options.output)
    report = verify_proof(proof)
    console.line(f"{options.output}: {len(proof.content):,} bytes")
    for line in report.lines():
        console.line(line)
    console.document(
        {"proof": str(options.output), "bytes": len(proof.content), **report.as_json()}
    )
    return report.exit_code


def _prove_absent(options: argparse.Namespace, workspace: Workspace, console: Console) -> int:
    from distill.lineage.absence import prove_absent  # noqa: PLC0415 - as above

    if options.sample is not None or options.since is not None:
        raise ConfigurationError(
            "--absent takes a run and a set, and neither a sample nor --since",
            "`distill prove --absent RUN sft`",
        )
    found = prove_absent(workspace, *options.absent)
    if options.output is not None:
        write_content(found.content, options.output)
    for line in found.lines():
        console.line(line)
    console.document(found.as_json())
    return found.exit_code


def verify(options: argparse.Namespace, console: Console) -> int:
    """Check a proof, and end with 0, 10 or 11."""
    pinned = [read_pinned(path) for path in options.key]
    kept = None if options.checkpoint is None else read_kept(options.checkpoint)
    workspace = _workspace_at_hand(options) if options.replay else None
    folder = None if workspace is None else workspace.root
    if options.receipts is not None:
        folder = folder_of_receipts(options.receipts)
    proof = read_proof_file(options.file)
    held = None if folder is None else hold_receipts(proof, folder)
    report = verify_proof(proof, pinned=pinned, kept=kept, held=held)
    if options.replay:
        from distill.lineage.replay import with_replay  # noqa: PLC0415 - checking runs no stage code

        receipts = {} if held is None else held.receipts
        report = with_replay(report, proof, receipts, workspace)
    for line in report.lines():
        console.line(line)
    console.document(report.as_json())
    return report.exit_code


def _workspace_at_hand(options: argparse.Namespace) -> Workspace | None:
    """Return the workspace that is named or found; a replay may do without one."""
    try:
        return Workspace.named(options.workspace)
    except ConfigurationError:
        if options.workspace is not None:
            raise
        return None
