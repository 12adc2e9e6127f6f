"""A whole Prefect server on loopback, for what the embedded one has not: schedules and the UI."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prefect.settings import PREFECT_API_URL, PREFECT_HOME, get_current_settings, temporary_settings

from distill.errors import ConfigurationError

_HOST: Final = "127.0.0.1"
_USUAL_PORT: Final = 4200


@contextmanager
def loopback_server(*, startup_seconds: int = 120) -> Iterator[str]:
    """Start a server with the settings in force, let clients inside use it, end it by process id.

    Yields the URL of its UI. Its port is 4200, or another where that is taken. Its log is
    `server.log` in Prefect's home.

    Raises:
        ConfigurationError: the server ended by itself or did not answer in time.
    """
    url = f"http://{_HOST}:{_free_port()}"
    home = Path(PREFECT_HOME.value())
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    with log.open("ab") as stream:
        process = _start(url, stream.fileno())
    try:
        _wait_until_healthy(process, url, log, startup_seconds)
        with temporary_settings(updates={PREFECT_API_URL: f"{url}/api"}):
            yield url
    finally:
        _end(process)


def _start(url: str, log: int) -> subprocess.Popen[bytes]:
    port = url.rpartition(":")[2]
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", _HOST, "--port", port]
    return subprocess.Popen(  # noqa: S603 - our own interpreter, with arguments made here
        command,
        env={**os.environ, **settings, "PREFECT_UI_API_URL": f"{url}/api"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _wait_until_healthy(
    process: subprocess.Popen[bytes], url: str, log: Path, seconds: int
) -> None:
    deadline = time.monotonic() + seconds
    while not _answers(f"{url}/api/health"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ConfigurationError("Prefect's server did not start", f"its log is {log}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - loopback
            return True
    except (urllib.error.URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    for port in (_USUAL_PORT, 0):
        with socket.socket() as probe:
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigurationError("no port is free on loopback", "end what holds them")
