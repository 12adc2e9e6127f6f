"""Writes docs/real-logs.md, from the root: ``python -m tests.real_logs.write_page LOGS``."""

import argparse
import tempfile
from pathlib import Path

from tests.real_logs.configuration import configuration
from tests.real_logs.page import PAGE, read_facts, render
from tests.workspaces import make_workspace, run_all


def main() -> None:
    """Run the workspace in a scratch folder and write the page from what came out."""
    parser = argparse.ArgumentParser(description="Write docs/real-logs.md.")
    parser.add_argument("logs", type=Path, help="the folder that holds the seven datasets")
    logs = parser.parse_args().logs.resolve(strict=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        outcomes = run_all(make_workspace(root, configuration(logs.as_posix()), {}))
        PAGE.write_text(render(read_facts(root, logs, outcomes)), encoding="utf-8")


if __name__ == "__main__":
    main()
