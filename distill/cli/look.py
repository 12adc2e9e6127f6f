"""`distill status`, `report`, `export-atif` and `explain`."""

import argparse

from distill.cli.console import Console
from distill.cli.remembering import remember
from distill.errors import EXIT_OK
from distill.receipts.clock import moment_ns
from distill.report import write_report
from distill.report.explanation import explain_stages, explained_lines
from distill.report.health import look_at
from distill.workspace.project import open_workspace


def status(options: argparse.Namespace, console: Console) -> int:
    """Print one screen: is the workspace sound, and what would a run do."""
    began_ns = moment_ns()
    project = open_workspace(options.workspace)
    health = look_at(project)
    for line in health.lines():
        console.line(line)
    if options.explain:
        explained = explain_stages(project, health.stages)
        for line in explained_lines(explained):
            console.line(line)
        console.document(health.as_json() | {"explained": explained})
        return EXIT_OK
    console.document(health.as_json())
    if health.is_sound and all(one.plan.status == "fresh" for one in health.stages):
        remember(project, options, console, EXIT_OK, began_ns)
    return EXIT_OK


def report(options: argparse.Namespace, console: Console) -> int:
    """Write reports/latest.md."""
    path = write_report(open_workspace(options.workspace))
    console.line(str(path))
    console.document({"report": str(path)})
    return EXIT_OK


def export_atif(options: argparse.Namespace, console: Console) -> int:
    """Write the evidence as trajectories."""
    from distill.report.trajectories import (  # noqa: PLC0415 - `status` needs none
        WITHOUT_CONVERSATION,
        WRITTEN,
        write_trajectories,
    )

    counts = write_trajectories(open_workspace(options.workspace), options.folder, options.source)
    left = counts[WITHOUT_CONVERSATION]
    console.line(f"{counts[WRITTEN]} trajectories in {options.folder}; no gate was asked of them")
    if left:
        console.line(f"{left} runs have no conversation, and no trajectory")
    console.document({"folder": str(options.folder), **counts})
    return EXIT_OK


def explain(options: argparse.Namespace, console: Console) -> int:
    """Print the story of a run, record or sample."""
    from distill.report.story import tell_story  # noqa: PLC0415 - `status` needs none

    story = tell_story(open_workspace(options.workspace), options.id)
    for line in story.lines():
        console.line(line)
    console.document(story.as_json())
    return EXIT_OK
