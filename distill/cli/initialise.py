"""`distill init` and `distill preview`."""

import argparse
from pathlib import Path

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.prefect.flow_file import FLOW_PATH, read_flow_file
from distill.stages.preview import preview_source
from distill.workspace.initialise import initialise
from distill.workspace.project import open_workspace


def init(options: argparse.Namespace, console: Console) -> int:
    """Write distill.toml, and say what was recognised in the logs."""
    root = (options.workspace or Path.cwd()).resolve()
    made = initialise(root, options.logs)
    for line in made.lines:
        console.line(line)
    written = [str(made.path)]
    if options.prefect:
        _write_flow(root / FLOW_PATH)
        written.append(str(root / FLOW_PATH))
        console.line(f"wrote {written[-1]}: `python {FLOW_PATH}` runs it on Prefect")
    console.document({"written": written, "sources": made.sources})
    return EXIT_OK


def preview(options: argparse.Namespace, console: Console) -> int:
    """Print three runs of a source as it maps them."""
    shown = preview_source(open_workspace(options.workspace), options.source)
    for line in shown.lines():
        console.line(line)
    console.document(shown.as_json())
    return EXIT_OK


def _write_flow(path: Path) -> None:
    if path.exists():
        raise ConfigurationError(f"{path} exists already", "edit it, or move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(read_flow_file(), encoding="utf-8")
