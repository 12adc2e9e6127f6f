"""`distill what-if`."""

import argparse

from distill.cli.console import Console
from distill.errors import EXIT_OK
from distill.stages.what_if import what_if
from distill.workspace.project import open_workspace
from distill.workspace.supposition import suppose


def show(options: argparse.Namespace, console: Console) -> int:
    """Print what settings would change, and write nothing."""
    project = open_workspace(options.workspace)
    found = what_if(project, suppose(project, options.set))
    for line in found.lines():
        console.line(line)
    console.document(found.as_json())
    return EXIT_OK
