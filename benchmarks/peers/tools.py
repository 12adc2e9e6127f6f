"""The tools of the side-by-side, each at its best settings, with telemetry off."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
CHECKED = ("index", "scored", "rag", "sft", "pairs")
QUIET = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
}
_PORT = 4297
_API = f"http://127.0.0.1:{_PORT}/api"


@dataclass(frozen=True)
class Tool:
    """One way to run the five stages in a folder.

    ``requires`` is what a virtual environment of its own gets; nothing means this one. ``prepare``
    is run once in a fresh folder and not timed. ``checked`` are the outputs that must be those of
    the plain stages.
    """

    name: str
    command: Sequence[str]
    requires: Sequence[str] = ()
    prepare: Sequence[Sequence[str]] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    checked: Sequence[str] = CHECKED
    has_server: bool = False
    skips: bool = True

    def binaries(self, environments: Path) -> Path:
        """Return the folder of the programs that it is run with."""
        if not self.requires:
            return Path(sys.executable).parent
        return environments / self.name / "bin"

    def install(self, environments: Path) -> str:
        """Make its environment where there is none yet; return an error, or nothing."""
        folder = environments / self.name
        if not self.requires or (folder / "installed").exists():
            return ""
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", *self.requires]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.stderr.strip().splitlines()[-1]
        (folder / "installed").touch()
        return ""


TOOLS = (
    Tool("plain", ["python", "plain.py"], skips=False),
    Tool("distill, plain stages", ["python", "ours_plain.py"]),
    Tool("distill, two forms", ["python", "ours_forms.py"]),
    Tool(
        "DVC",
        ["dvc", "repro", "-q"],
        ["dvc"],
        [
            ["dvc", "init", "-q", "--no-scm"],
            ["dvc", "config", "cache.type", "reflink,hardlink,copy"],
        ],
    ),
    Tool("redun", ["redun", "run", "with_redun.py", "main"], ["redun"]),
    Tool("Snakemake", ["snakemake", "-c2", "--quiet", "all"], ["snakemake"]),
    Tool("Hamilton", ["python", "with_hamilton.py"], ["sf-hamilton"]),
    Tool(
        "Prefect",
        ["python", "with_prefect.py"],
        ["prefect>=3.8.8,<4", "fastapi<0.151", "sqlalchemy<2.1"],
        settings={
            "PREFECT_API_URL": f"http://127.0.0.1:{_PORT}/api",
            "PREFECT_HOME": "{folder}/home",
        },
        has_server=True,
    ),
    Tool(
        "Dagster",
        ["dagster", "asset", "materialize", "--select", "*", "-f", "with_dagster.py"],
        ["dagster"],
        [["sh", "-c", "mkdir home; printf 'telemetry:\\n  enabled: false\\n' > home/dagster.yaml"]],
        settings={"DAGSTER_HOME": "{folder}/home"},
        skips=False,
    ),
    Tool(
        "CocoIndex, first stage alone",
        ["cocoindex", "update", "with_cocoindex.py"],
        ["cocoindex"],
        settings={"COCOINDEX_DB": "{folder}/home"},
        checked=("index",),
    ),
)


def environment_of(tool: Tool, folder: Path, environments: Path) -> dict[str, str]:
    """Return the environment that a tool is run in."""
    own = {name: value.format(folder=folder) for name, value in tool.settings.items()}
    path = f"{tool.binaries(environments)}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **QUIET, **own, "PATH": path}


@contextmanager
def server_of(tool: Tool, environment: Mapping[str, str]) -> Iterator[None]:
    """Let the tool's server run meanwhile, if it has one; it is ended by its process id."""
    if not tool.has_server:
        yield
        return
    program = ["prefect", "server", "start", "--port", str(_PORT)]
    server = subprocess.Popen(
        program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_server(server)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)


def _await_server(server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{_API}/health", timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("the server did not start")
