"""The commands and their flags; each names the function that runs it, imported when called."""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Final

from distill.cli.auditing import add_audit_commands
from distill.cli.command import Commands, add_command
from distill.errors import EXIT_CODES

_EPILOG: Final = "exit codes:\n" + "\n".join(
    f"  {code:>2}  {meaning}" for code, meaning in EXIT_CODES.items()
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="distill",
        description="Raw logs of AI agents' runs in, clean training sets and receipts out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"distill {version('distill')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _making(commands)
    _running(commands)
    _looking(commands)
    add_audit_commands(commands)
    return parser


def _making(commands: Commands) -> None:
    init = add_command(
        commands, "init", "initialise:init", "look at logs and write a distill.toml that runs"
    )
    init.add_argument("logs", nargs="*", type=Path, metavar="LOGS", help="log files or folders")
    init.add_argument("--prefect", action="store_true", help="also write flows/distillation.py")
    preview = add_command(
        commands, "preview", "initialise:preview", "show three runs as a source maps them"
    )
    preview.add_argument("source", metavar="SOURCE", help="a source's name in distill.toml")


def _running(commands: Commands) -> None:
    run = add_command(commands, "run", "run:run", "run all five stages and the report")
    _run_flags(run)
    sample = run.add_argument_group("a sample, in a scratch workspace, with estimates")
    sample.add_argument("--limit", type=_positive, metavar="N", help="about N records a source")
    sample.add_argument("--source", metavar="S", help="only this source")
    for name, text in (
        ("build-evidence", "read the logs into evidence records"),
        ("score", "give every run a category"),
        ("export-rag", "write the RAG set"),
        ("export-sft", "write the SFT set"),
        ("export-preference", "write the preference set"),
        ("export-all", "write the three sets"),
    ):
        _run_flags(add_command(commands, name, "run:stages", text))


def _looking(commands: Commands) -> None:
    add_command(
        commands,
        "status",
        "look:status",
        "say whether the workspace is sound and what a run would do",
        aliases=["health"],
    )
    add_command(commands, "report", "look:report", "write reports/latest.md from the receipts")
    explain = add_command(
        commands, "explain", "look:explain", "tell the story of a run, record or row"
    )
    explain.add_argument("id", metavar="ID", help="a run, record or sample id, or a unique prefix")


def _run_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done; read no log, write nothing"
    )
    parser.add_argument(
        "--include-partial", action="store_true", help="SFT: partially accepted runs too"
    )
    parser.add_argument(
        "--include-review", action="store_true", help="RAG: runs that need human review too"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
