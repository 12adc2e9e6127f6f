"""`distill reproduce`."""

import argparse
from pathlib import Path

from distill.cli.console import Console
from distill.receipts import Workspace
from distill.receipts.reproduce import Options, Reproduction, prepare
from distill.receipts.reproduce.result import Difference
from distill.receipts.versions import as_workspace, is_release
from distill.stages.checkouts import lay_out_checkouts
from distill.stages.redaction_keys import lay_out_redaction_key


def reproduce(options: argparse.Namespace, console: Console) -> int:
    """Run a recorded stage again, and end with 0 the same, 10 another, 11 can't tell."""
    extras = (lay_out_checkouts, lay_out_redaction_key)
    chosen = Options(options.code, options.scratch, keep=options.keep, extras=extras)
    with prepare(_home(options.workspace), options.receipt, chosen) as prepared:
        claim = prepared.receipt.claim
        console.line(f"{claim.stage}: receipt {prepared.receipt.digest.hex}")
        console.detail(f"  function {claim.code.function}, {len(claim.inputs)} inputs laid out")
        for change in prepared.environment:
            console.line(f"  the environment is another: {change}")
        found = prepared.run()
    _print(found, console)
    console.document(found.as_json())
    return found.exit_code


def _home(folder: Path | None) -> Workspace:
    """Return the workspace, or the release, that a folder is."""
    if folder is not None and is_release(folder):
        return as_workspace(folder)
    return Workspace.named(folder)


def _print(found: Reproduction, console: Console) -> None:
    console.line(f"  ran from {found.code}")
    for difference in found.differences:
        _print_difference(difference, console)
    for place in found.claim:
        console.line(f"the claim is another: {place}")
    if found.kept is not None:
        console.line(f"  kept: {found.kept}")
    same = found.outputs - sum(one.kind != "made in addition" for one in found.differences)
    line = f"{found.verdict}: {same} of {found.outputs} outputs have the recorded bytes"
    if found.environment:
        line += ", in another environment"
    console.line(line)


def _print_difference(difference: Difference, console: Console) -> None:
    console.line(f"{difference.kind}: {difference.path}")
    if difference.kind != "differs":
        return
    first = difference.first
    if first is None:
        console.line("  the recorded bytes are gone, so where they differ can't be told")
        return
    record = "" if first.record is None else f", record {first.record}"
    console.line(f"  first at byte {first.offset}, line {first.line}{record}")
    console.line(f"    recorded  {first.expected}")
    console.line(f"    made      {first.found}")
