"""`distill run` and the commands of single stages."""

import argparse
from collections.abc import Sequence
from contextlib import nullcontext

from distill.cli.bars import progress_for
from distill.cli.console import Console
from distill.cli.remembering import remember
from distill.errors import EXIT_NO_VERDICT, EXIT_OK
from distill.receipts import Outcome, full_scope, trigger_scope
from distill.receipts.clock import moment_ns
from distill.report import write_report
from distill.stages.dry_run import dry_run
from distill.stages.pipeline import EXPORTS, STAGES, Stage, run_stages
from distill.stages.sampling import Sample, take_sample
from distill.stages.summary import StageSummary, nothing_has_a_verdict, summarise
from distill.workspace.project import Project, open_workspace, with_flags

_COMMAND_STAGES = {
    "build-evidence": STAGES[:1],
    "score": STAGES[1:2],
    "export-rag": STAGES[2:3],
    "export-sft": STAGES[3:4],
    "export-preference": STAGES[4:5],
    "export-all": EXPORTS,
}


def run(options: argparse.Namespace, console: Console) -> int:
    """Run all stages and write the report; with --limit or --source, on a sample."""
    began_ns = moment_ns()
    project = _project(options)
    if options.dry_run:
        return _dry_run(project, STAGES, console)
    sample = None
    if options.limit or options.source:
        sample = take_sample(project, limit=options.limit, source=options.source)
        project = sample.project
    outcomes = _run(project, STAGES, console, full=options.full)
    report = write_report(project)
    summaries = [summarise(outcome) for outcome in outcomes]
    _print_table(summaries, console)
    console.line(f"report: {report}")
    if not project.configuration.sources:
        console.line("nothing was read: distill.toml names no source; docs/sources.md says how")
    if sample is not None:
        _print_estimates(sample, outcomes, console)
    no_verdict = nothing_has_a_verdict(outcomes)
    console.document(
        {
            "workspace": str(project.root),
            "stages": [summary.as_json() for summary in summaries],
            "estimates": sample.estimates(outcomes) if sample else None,
            "report": str(report),
            "exit_code": EXIT_NO_VERDICT if no_verdict else EXIT_OK,
        }
    )
    if no_verdict:
        _print_no_verdict(console)
    code = EXIT_NO_VERDICT if no_verdict else EXIT_OK
    if sample is None and all(outcome.skipped for outcome in outcomes):
        remember(project, options, console, code, began_ns)
    return code


def stages(options: argparse.Namespace, console: Console) -> int:
    """Run the stages of one command."""
    project = _project(options)
    chosen = _COMMAND_STAGES[options.command]
    if options.dry_run:
        return _dry_run(project, chosen, console)
    summaries = [
        summarise(outcome) for outcome in _run(project, chosen, console, full=options.full)
    ]
    _print_table(summaries, console)
    console.document({"stages": [summary.as_json() for summary in summaries]})
    return EXIT_OK


def _project(options: argparse.Namespace) -> Project:
    return with_flags(
        open_workspace(options.workspace),
        include_partial=options.include_partial,
        include_review=options.include_review,
    )


def _run(
    project: Project, chosen: Sequence[Stage], console: Console, *, full: bool
) -> list[Outcome]:
    def done(stage: Stage, outcome: Outcome) -> None:
        console.line(f"{stage.name}: {outcome.status}: {outcome.reason}")
        for path in outcome.left_alone:
            console.line(f"  left alone, changed by somebody: {path}")
        for path in outcome.set_aside:
            console.line(f"  replaced; the former version is in data/objects: {path}")

    with trigger_scope("cli"), full_scope() if full else nullcontext():
        return run_stages(
            project,
            chosen,
            progress=progress_for(quiet=console.quiet or console.as_json),
            done=done,
        )


def _dry_run(project: Project, chosen: Sequence[Stage], console: Console) -> int:
    planned = dry_run(project, chosen)
    console.table(("stage", "would", "why"), [(row.stage, row.would, row.why) for row in planned])
    console.line("nothing was read but receipts and file sizes; nothing was written")
    console.document({"stages": [row.as_json() for row in planned]})
    return EXIT_OK


def _print_table(summaries: Sequence[StageSummary], console: Console) -> None:
    console.line()
    console.table(
        ("stage", "", "read", "exported", "quarantined", "files"),
        [
            (row.stage, row.status, row.read, row.exported, row.quarantined, row.place)
            for row in summaries
        ],
    )
    for row in summaries:
        for reason, number in row.by_reason.items():
            console.detail(f"  {row.stage}: {reason} {number}")


def _print_no_verdict(console: Console) -> None:
    console.line()
    console.line("no SFT row came out: no run has a verdict, so every run needs human review")
    console.line(
        "what to do: name the verdict's pointer in distill.toml, join it from another file with"
        " verdicts = {…}, or write decisions to reviews/*.jsonl (docs/sources.md)"
    )


def _print_estimates(sample: Sample, outcomes: Sequence[Outcome], console: Console) -> None:
    console.line()
    console.line(f"sample of {sample.share:.1%} of the bytes, in {sample.project.root}")
    for name, estimate in sample.estimates(outcomes).items():
        console.line(f"  estimate for the full run, {name}: {estimate}")
