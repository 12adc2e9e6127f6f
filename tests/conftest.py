"""What every test gets: no network, no home of the developer's, a fixed seed, and loud skips."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

# Temporary files lie in memory where there is room: every receipt is fsynced several times.
_MEMORY = Path("/dev/shm")  # noqa: S108
_ROOM = 4 * 2**30

_ALLOWED_HOSTS = ("127.0.0.1", "::1", "localhost")

settings.register_profile(
    "sampled",
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "full", settings.get_profile("sampled"), max_examples=2000, derandomize=False, print_blob=True
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--full`, which `make test-full` passes: the long counts."""
    parser.addoption("--full", action="store_true", help="run the long counts too")


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before anything under test is imported, and choose the counts."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("TMPDIR", str(_MEMORY))
        tempfile.tempdir = None  # asked again, with the variable set
    home = Path(tempfile.mkdtemp(prefix="distill-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ.update(_environment(home))
    os.environ.pop("DISTILL_WORKSPACE", None)
    # A job in the background ignores interrupts, and all that it starts would: tests send some.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("full" if config.getoption("--full") else "sampled")


def _environment(home: Path) -> dict[str, str]:
    person = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", "A. Tester"), ("EMAIL", "tester@example.org"))
    }
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(home / "huggingface"),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        **person,
    }


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `full` out unless asked for, by `--full` or by `-m`."""
    if config.getoption("--full") or "full" in config.getoption("-m"):
        return
    left_out = [item for item in items if "full" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if "full" not in item.keywords]


@pytest.fixture(scope="session")
def is_full_run(pytestconfig: pytest.Config) -> bool:
    """Whether the long counts are asked for."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that these tests stand in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """Return the path of a program; without it the test skips, and in CI (CI=true) it fails."""

    def require(name: str) -> str:
        found = shutil.which(name)
        if found is not None:
            return found
        message = f"{name} is not installed, so nothing compares Distill with it"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    return require


@pytest.fixture(scope="session")
def real_logs() -> Path:
    """The folder of real public logs: `DISTILL_REAL_LOGS`, or `../shared/data`; skips without."""
    folder = Path(os.environ.get("DISTILL_REAL_LOGS") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the real logs are not here; name their folder in DISTILL_REAL_LOGS")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and address[0] not in _ALLOWED_HOSTS:
            message = f"a test tried to reach {address[0]}"
            raise PermissionError(message)
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
