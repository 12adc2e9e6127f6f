"""`launch`: what `python flows/<name>.py` does with a flow."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

from distill.errors import DistillError
from distill.prefect.server import loopback_server
from distill.prefect.settings import embedded_settings, has_own_server
from distill.receipts import Workspace


def launch(flow: Flow[..., Any], arguments: Sequence[str] | None = None) -> int:
    """Run the flow once on Prefect's embedded server, or serve it; return the exit code.

    The flow takes one parameter, `workspace`. With `--serve` it waits for its schedule, one run at
    a time, on the server that `PREFECT_API_URL` names or on one of its own on loopback.
    """
    options = _parse(flow, arguments)
    # An exit, unlike a signal's default end, stops the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        root = Workspace.find(options.workspace).root
        with embedded_settings(root):
            if options.serve:
                _serve(flow, root, options.cron)
            else:
                flow(workspace=str(root))
    except DistillError as error:
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"hint: {error.hint}\n")
        return error.exit_code
    return 0


def _parse(flow: Flow[..., Any], arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=flow.description)
    parser.add_argument(
        "--workspace", type=Path, help="folder of distill.toml (default: here or above)"
    )
    parser.add_argument("--serve", action="store_true", help="wait for runs instead of running")
    parser.add_argument("--cron", help='with --serve: the schedule, such as "0 3 * * *"')
    options = parser.parse_args(arguments)
    if options.cron and not options.serve:
        parser.error("--cron needs --serve")
    return options


def _serve(flow: Flow[..., Any], root: Path, cron: str | None) -> None:
    with contextlib.ExitStack() as stack:
        if not has_own_server():
            url = stack.enter_context(loopback_server())
            sys.stderr.write(f"Prefect's UI: {url}\n")
        flow.serve(
            name=root.name,
            cron=cron,
            parameters={"workspace": str(root)},
            # What fell due while nobody served would otherwise start all at once.
            global_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
            ),
            limit=1,
            # An earlier serve that was ended left its deployment paused.
            paused=False,
        )
