"""The shipped flow file: the one that `init` writes, deployable, and runnable with nothing else."""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from distill.errors import EXIT_USAGE
from distill.prefect.flow_file import FLOW_PATH, read_flow_file


def run_flow_file(
    repository: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the flow file as a user does, on the embedded server."""
    return subprocess.run(
        [sys.executable, str(repository / FLOW_PATH), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **variables},
    )


def test_init_writes_the_same_flow_file(repository: Path) -> None:
    """The wheel's copy is the file in `flows/`, byte for byte."""
    assert read_flow_file() == (repository / FLOW_PATH).read_text(encoding="utf-8")


def test_the_deployment_names_the_flow_and_runs_one_at_a_time(repository: Path) -> None:
    """`prefect.yaml` points to the flow that exists, and cancels what would run beside it."""
    (deployment,) = yaml.safe_load((repository / "prefect.yaml").read_text())["deployments"]
    path, _, name = deployment["entrypoint"].partition(":")
    assert re.search(rf"^def {name}\(", (repository / path).read_text(), re.MULTILINE)
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_the_flow_runs_every_stage_then_caches_every_stage(
    prefect_server: str,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task_states: Any,
) -> None:
    """The example workspace: five stages and a report Completed, then five stages Cached."""
    shutil.copy(repository / "distill.toml", tmp_path)
    shutil.copytree(repository / "examples", tmp_path / "examples")
    monkeypatch.syspath_prepend(repository / "flows")
    flow: Any = importlib.import_module("distillation").distillation
    stages = ("build_evidence_index", "score_runs", "export_rag", "export_sft", "export_preference")

    first = flow(workspace=str(tmp_path), return_state=True)
    states = task_states(first.state_details.flow_run_id, 6)
    assert {name: state for name, (state, _) in states.items()} == dict.fromkeys(
        (*stages, "write_report"), "Completed"
    )
    report = (tmp_path / "reports" / "latest.md").read_bytes()

    second = flow(workspace=str(tmp_path), return_state=True)
    states = task_states(second.state_details.flow_run_id, 6)
    assert {name: states[name][0] for name in stages} == dict.fromkeys(stages, "Cached")
    assert all(states[name][1] for name in stages)
    assert (tmp_path / "reports" / "latest.md").read_bytes() == report


def test_no_workspace_is_a_usage_error(repository: Path, tmp_path: Path) -> None:
    """Without a workspace no server starts, and the hint says what to do."""
    done = run_flow_file(repository, "--workspace", str(tmp_path))
    assert done.returncode == EXIT_USAGE
    assert "error: no distill.toml" in done.stderr
    assert "hint: " in done.stderr


def test_prefect_missing_is_said_with_the_remedy(tmp_path: Path) -> None:
    """Without the extra, the adapter names it; a user needs no traceback of Prefect's."""
    program = (
        "import importlib.util, distill.errors as errors\n"
        "importlib.util.find_spec = lambda name: None\n"
        "try:\n    from distill.prefect import receipt_task\n"
        "except errors.ConfigurationError as error: print(error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == 'pip install "distill[prefect]"'


@pytest.mark.parametrize("lock", ["run.txt", "test.txt"])
def test_the_locks_hold_what_runs(repository: Path, lock: str) -> None:
    """Every pin has hashes, no index host is named, and Prefect's bounds are kept."""
    text = (repository / "requirements" / lock).read_text()
    pins = re.findall(
        r"^([a-z0-9-]+)==(\S+).*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE
    )
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert "://" not in text
    assert not re.search(r"^\s*--(index|extra-index|find-links)", text, re.MULTILINE)
    versions = {
        name: tuple(map(int, version.split(".")[:2]))
        for name, version in pins
        if name in ("fastapi", "sqlalchemy")
    }
    assert versions["fastapi"] < (0, 151)
    assert versions["sqlalchemy"] < (2, 1)
    assert "torch" not in dict(pins)


def test_an_ended_run_leaves_no_server(repository: Path, tmp_path: Path) -> None:
    """SIGTERM in the middle of a run ends the embedded server too."""
    (tmp_path / "distill.toml").touch()
    flow = tmp_path / "slow.py"
    flow.write_text(
        "import time\n"
        "from distill.prefect import launch\n"
        "from prefect import flow\n"
        "from prefect.server.api.server import SubprocessASGIServer\n"
        "@flow\n"
        "def slow(workspace: str) -> None:\n"
        "    server = SubprocessASGIServer._instances[None].server_process\n"
        "    print('server', server.pid, flush=True)\n"
        "    time.sleep(60)\n"
        "raise SystemExit(launch(slow))\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(flow)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    server = int(process.stdout.readline().split()[1])
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    process.stdout.close()
    assert process.returncode != 0
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
