"""Settings under which Prefect's embedded server works on a laptop.

Each was measured. `PREFECT_HOME` lies in the workspace and is kept: a fresh one costs seven seconds
of migrations. The server's default of 20 seconds to start is too short for a fresh home. The
recorder's batches are small because SQLite answers "database is locked" to large ones. Each flow
run waits a second for its heartbeat thread, which on an embedded server nobody listens to.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE,
    PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT,
    temporary_settings,
)

HOME: Final = ".distill/prefect"

_EMBEDDED: Final[Mapping[Any, Any]] = {
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: True,
    PREFECT_SERVER_ANALYTICS_ENABLED: False,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 120,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE: 50,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE: 50,
    PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT: False,
}


def has_own_server() -> bool:
    """Whether environment or profile name a Prefect server (`PREFECT_API_URL`)."""
    return bool(PREFECT_API_URL.value())


@contextmanager
def embedded_settings(workspace: Path) -> Iterator[None]:
    """Run what is inside with the settings above, and Prefect's home in the workspace.

    A user's own setting wins over ours; with a server of the user's own, nothing is changed.
    """
    if has_own_server():
        yield
        return
    # Prefect makes its home, but not the folders above it.
    (workspace / HOME).mkdir(parents=True, exist_ok=True)
    with temporary_settings(
        # No spelling of the environment variable turns the heartbeat off.
        updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None},
        set_defaults={PREFECT_HOME: workspace / HOME, **_EMBEDDED},
    ):
        yield
