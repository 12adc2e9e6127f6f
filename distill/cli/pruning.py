"""`distill prune`."""

import argparse
from collections.abc import Sequence
from typing import Final

from distill.cli.console import Console
from distill.errors import EXIT_OK
from distill.receipts import Outcome, trigger_scope
from distill.retention.prune_receipt import Why
from distill.retention.pruning import Plan, plan_pruning, prune
from distill.workspace.configuration import with_retention
from distill.workspace.project import open_workspace

_MEANING: Final = {
    Why.OUTSIDE_WINDOW: "replaced versions that nothing kept needs",
    Why.UNNAMED: "set aside, and named by no receipt",
    Why.WITHDRAWN: "replaced versions that hold what is withdrawn",
    Why.DERIVED: "sidecars and memories of what nothing kept needs",
    Why.LEFT_OVER: "left by a crash",
}


def run(options: argparse.Namespace, console: Console) -> int:
    """Say what may be deleted; with --yes delete it, and leave the receipt that names it."""
    project = open_workspace(options.workspace)
    retention = with_retention(
        project.configuration, keep_days=options.keep_days, keep_runs=options.keep_runs
    )
    outcomes: Sequence[Outcome] = ()
    if options.yes:
        with trigger_scope("cli"):
            plan, outcomes = prune(project, retention, withdrawn=options.withdrawn)
    else:
        plan = plan_pruning(project, retention, withdrawn=options.withdrawn)
    _print(plan, outcomes, console, is_done=options.yes)
    head = {
        "deleted": bool(options.yes),
        "keep_days": retention.keep_days,
        "keep_runs": retention.keep_runs,
        "since": plan.window.since,
        "kept": {"files": plan.kept, "bytes": plan.kept_bytes},
        "receipts": [outcome.digest.hex for outcome in outcomes],
    }
    console.listing(head, "files", (one.as_json() for one in plan.freed))
    return EXIT_OK


def _print(plan: Plan, outcomes: Sequence[Outcome], console: Console, *, is_done: bool) -> None:
    window = plan.window
    console.line(
        f"kept: {plan.kept:,} replaced versions, {plan.kept_bytes:,} bytes: releases, the newest"
        f" {window.keep_runs} of every stage, and what was current since {window.since}"
    )
    for why, meaning in _MEANING.items():
        found = [one for one in plan.freed if one.why is why]
        if found:
            console.line(
                f"  {len(found):,} files, {sum(o.bytes for o in found):,} bytes: {meaning}"
            )
        for one in found:
            console.detail(f"    {one.path}" + (f"  was {one.was}" if one.was else ""))
    if not plan.freed:
        console.line("nothing is free to go")
    elif not is_done:
        console.line(
            "nothing was deleted: --yes deletes, and leaves a receipt that names each file"
        )
    for outcome in outcomes:
        console.line(f"deleted; receipt {outcome.digest.short}")
