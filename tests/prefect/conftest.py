"""One Prefect server for the whole session: a real one on loopback, with its scheduler."""

import importlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL,
    temporary_settings,
)

from distill.prefect import embedded_settings, loopback_server

T = TypeVar("T")

THIS_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the server."""
    for item in items:
        if "prefect_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.prefect)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the API's URL of a server that every client in this process uses."""
    updates: dict[Any, Any] = {
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_TO_API_ENABLED: False,
        # Task runs can be read so many seconds after they ended; five as Prefect comes.
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL: 0.2,
    }
    home = tmp_path_factory.mktemp("server")
    with embedded_settings(home), temporary_settings(updates=updates), loopback_server():
        yield str(PREFECT_API_URL.value())


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's workspace with one log and a flow file of their own, `two_stages.py`."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "words.jsonl").write_text('{"word":"one"}\n{"word":"two"}\n')
    shutil.copy(THIS_FOLDER / "two_stages.py.txt", tmp_path / "two_stages.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def two_stages(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of the user's flow file."""
    monkeypatch.syspath_prepend(workspace)
    yield importlib.import_module("two_stages")
    del sys.modules["two_stages"]


@pytest.fixture
def eventually() -> Callable[[Callable[[], T | None]], T]:
    """Ask again until the answer is something: the server records runs a little later."""

    def ask(question: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + 60
        while True:
            answer = question()
            if answer:
                return answer
            assert time.monotonic() < deadline, "the server did not get there in time"
            time.sleep(0.2)

    return ask


@pytest.fixture
def task_states(eventually: Any) -> Callable[[UUID, int], dict[str, tuple[str, str]]]:
    """Ask for name and message of the final state of each of a flow run's so many tasks."""

    def final(flow_run_id: UUID, count: int) -> dict[str, tuple[str, str]] | None:
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
        with get_client(sync_client=True) as client:
            runs = client.read_task_runs(flow_run_filter=chosen)
        states = {run.name.rpartition("-")[0]: run.state for run in runs if run.state}
        if len(states) < count or not all(state.is_final() for state in states.values()):
            return None
        return {name: (state.name or "", state.message or "") for name, state in states.items()}

    def ask(flow_run_id: UUID, count: int) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = eventually(lambda: final(flow_run_id, count))
        return found

    return ask
