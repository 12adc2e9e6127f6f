"""Deployments run on their schedule, by a process of their own that is ended by its id."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import get_current_settings


@contextmanager
def serving(folder: Path, seconds: float) -> Iterator[None]:
    """Serve the user's flow file every so many seconds."""
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    process = subprocess.Popen(
        [sys.executable, "two_stages.py", str(seconds)],
        cwd=folder,
        env={**os.environ, **settings, "PREFECT_RUNNER_POLL_FREQUENCY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(timeout=30)


def completed_runs(deployment: str) -> list[FlowRun] | None:
    """Return the first two completed runs of a deployment, once there are two."""
    chosen = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            deployment_filter=chosen, sort=FlowRunSort.EXPECTED_START_TIME_ASC
        )
    done = [run for run in runs if run.state and run.state.is_completed()]
    return done[:2] if len(done) >= 2 else None


def test_a_scheduled_run_completes_and_the_next_is_cached(
    prefect_server: str, workspace: Path, eventually: Any, task_states: Any
) -> None:
    """Nobody calls anything: the schedule runs the stages once, then skips them."""
    with serving(workspace, seconds=4):
        first, second = eventually(lambda: completed_runs("often"))
    assert {name for name, _ in task_states(first.id, 2).values()} == {"Completed"}
    assert {name for name, _ in task_states(second.id, 2).values()} == {"Cached"}
    assert all(reason for _, reason in task_states(second.id, 2).values())
