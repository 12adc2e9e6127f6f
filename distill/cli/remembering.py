"""Keeping what a command said, so that `distill.cli.recalled` can say it again."""

import argparse

from distill.cli.console import Console
from distill.cli.recalled import question
from distill.receipts.answers import Answer, Answers
from distill.receipts.look import Look
from distill.receipts.stat_cache import StatCache
from distill.stages.grounds import workspace_grounds
from distill.workspace.project import Project


def remember(
    project: Project, options: argparse.Namespace, console: Console, code: int, began_ns: int
) -> None:
    """Keep what was printed of a workspace in which nothing is to be done.

    ``began_ns`` is the moment before which nothing had been looked at: what was written since, or
    just before, may have been read in an earlier state.
    """
    if console.printed is None:
        return
    cache = StatCache.read(project.workspace)
    cache.began_ns = began_ns
    grounds = workspace_grounds(project, cache)
    if grounds is None:
        return
    said = {"printed": console.printed, "exit_code": code}
    Answers(project.workspace, Look(cache), question(options)).remember(Answer(said, grounds))
    cache.write(project.workspace)
