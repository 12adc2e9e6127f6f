"""`distill prove` and `distill verify-proof`."""

import argparse
import sys

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.lineage.given import read_kept, read_pinned
from distill.lineage.proof_file import write_proof
from distill.lineage.proof_reader import read_proof_file
from distill.lineage.verification import verify_proof
from distill.receipts import Workspace


def prove(options: argparse.Namespace, console: Console) -> int:
    """Write the proof of a sample, to a file or to standard output."""
    from distill.lineage.proving import prove_sample  # noqa: PLC0415 - checking needs no pydantic

    if options.sample is None:
        raise ConfigurationError("name a sample", "its id, or a unique prefix: `distill prove ID`")
    since = None if options.since is None else read_kept(options.since)
    proof = prove_sample(Workspace.named(options.workspace), options.sample, since)
    if options.output is None:
        sys.stdout.buffer.write(proof.content)
        return EXIT_OK
    write_proof(proof, options.output)
    report = verify_proof(proof)
    console.line(f"{options.output}: {len(proof.content):,} bytes")
    for line in report.lines():
        console.line(line)
    console.document(
        {"proof": str(options.output), "bytes": len(proof.content), **report.as_json()}
    )
    return report.exit_code


def verify(options: argparse.Namespace, console: Console) -> int:
    """Check a proof, and end with 0, 10 or 11."""
    pinned = [read_pinned(path) for path in options.key]
    kept = None if options.checkpoint is None else read_kept(options.checkpoint)
    report = verify_proof(read_proof_file(options.file), pinned=pinned, kept=kept)
    for line in report.lines():
        console.line(line)
    console.document(report.as_json())
    return report.exit_code
