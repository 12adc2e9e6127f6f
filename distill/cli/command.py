"""One command of the command line: the flags that all have, and the function that runs it."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from distill.cli.console import Console

Command = Callable[[argparse.Namespace, Console], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    runs: str,
    text: str,
    aliases: list[str] | None = None,
) -> argparse.ArgumentParser:
    """Add a command that calls ``runs``, a ``module:function`` of this package, and return it."""
    parser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", aliases=aliases or []
    )
    parser.set_defaults(run=_late(runs), command=name)
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR", help="the workspace (default: here or above)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more; show tracebacks")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors alone")
    return parser


def _late(runs: str) -> Command:
    """Return a command that imports its module when it is called: `--help` imports none."""
    module, _, function = runs.partition(":")

    def run(options: argparse.Namespace, console: Console) -> int:
        command: Command = getattr(importlib.import_module(f"distill.cli.{module}"), function)
        return command(options, console)

    return run
