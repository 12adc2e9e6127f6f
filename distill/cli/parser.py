"""The commands and their flags; each names the function that runs it, imported when called."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from distill.cli.auditing import AUDIT_COMMANDS
from distill.cli.command import Commands, add_command
from distill.errors import EXIT_CODES

_EPILOG: Final = "exit codes:\n" + "\n".join(
    f"  {code:>2}  {meaning}" for code, meaning in EXIT_CODES.items()
)


class _Version(argparse.Action):
    """Prints the installed version; asking for it costs a fifth of a small command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        parser.exit(message=f"distill {version('distill')}\n")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or one that knows no other than ``command``.

    The flags of all commands take as long to build as a small verification takes to read.
    """
    parser = argparse.ArgumentParser(
        prog="distill",
        description="Raw logs of AI agents' runs in, clean training sets and receipts out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show program's version number and exit"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    only = None if command is None else _COMMANDS.get(command)
    for add in dict.fromkeys(_COMMANDS.values()) if only is None else (only,):
        add(commands)
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
    run = add_command(commands, "run", "recalled:run", "run all five stages and the report")
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
    status = add_command(
        commands,
        "status",
        "recalled:status",
        "say whether the workspace is sound and what a run would do",
        aliases=["health"],
    )
    status.add_argument(
        "--explain", action="store_true", help="say of each stage which parts of its key changed"
    )
    add_command(commands, "report", "look:report", "write reports/latest.md from the receipts")
    trajectories = add_command(
        commands, "export-atif", "look:export_atif", "write the evidence as ATIF trajectories"
    )
    trajectories.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    trajectories.add_argument("--source", metavar="S", help="only the runs of this source")
    explain = add_command(
        commands, "explain", "look:explain", "tell the story of a run, record or row"
    )
    explain.add_argument("id", metavar="ID", help="a run, record or sample id, or a unique prefix")
    supposing = add_command(
        commands, "what-if", "what_if:show", "say what other settings would change; write nothing"
    )
    supposing.add_argument(
        "--set",
        action="append",
        required=True,
        metavar="TABLE.KEY=VALUE",
        help="a setting of [scoring], [firewall] or [exports], as distill.toml writes it",
    )


def _benchmarks(commands: Commands) -> None:
    benchmark = add_command(
        commands,
        "benchmark-list",
        "benchmark_list:hash_list",
        "write a benchmark's list of items as hashes, without its texts",
    )
    benchmark.add_argument("action", choices=("hash",), help="what to do with the list")
    benchmark.add_argument("items", type=Path, metavar="ITEMS", help="the list, as JSONL")
    benchmark.add_argument("--output", type=Path, metavar="FILE", help="where to write it")


def _run_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done; read no log, write nothing"
    )
    parser.add_argument(
        "--full", action="store_true", help="reread every byte, whatever the files' times say"
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


_STAGES: Final = ("build-evidence", "score", "export-rag", "export-sft", "export-preference")
_COMMANDS: Final[Mapping[str, Callable[[Commands], None]]] = {
    **dict.fromkeys(("init", "preview"), _making),
    **dict.fromkeys(("run", *_STAGES, "export-all"), _running),
    **dict.fromkeys(("status", "health", "report", "export-atif", "explain", "what-if"), _looking),
    "benchmark-list": _benchmarks,
    **AUDIT_COMMANDS,
}
