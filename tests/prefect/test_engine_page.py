"""The flow of docs/engine.md is run: its files as they stand there, with a server."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect import flow

from distill.prefect import receipt_task
from distill.receipts import ReceiptStore, Workspace
from tests.docs.pages import page_files

LOG = '{"id": "A-1", "solved": "yes", "reply": "On  Friday."}\n'
MODULES = ("wording", "tickets", "flow")


def test_the_flow_of_the_page_runs_then_is_cached(
    prefect_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
    task_states: Any,
) -> None:
    """The stage of the page is a task, which is Cached when there is nothing to do."""
    page = (repository / "docs" / "engine.md").read_text(encoding="utf-8")
    for name, content in page_files(page).items():
        (tmp_path / name).write_text(content)
    (tmp_path / "distill.toml").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "monday.jsonl").write_text(LOG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    nightly: Any = importlib.import_module("flow").nightly
    try:
        first, second = nightly(return_state=True), nightly(return_state=True)
    finally:
        for name in MODULES:
            sys.modules.pop(name, None)
    assert first.result() == "never built"
    assert task_states(first.state_details.flow_run_id, 1) == {"keep_solved": ("Completed", "")}
    states = task_states(second.state_details.flow_run_id, 1)
    assert states == {"keep_solved": ("Cached", second.result())}
    newest = ReceiptStore(Workspace(tmp_path)).newest("keep_solved")
    assert newest is not None
    assert newest.run.trigger.kind == "prefect"


def test_a_record_stage_is_a_task_too(
    prefect_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    """A task binds its arguments to how the stage is called, not to the function of a record."""
    page = (repository / "docs" / "engine.md").read_text(encoding="utf-8")
    (tmp_path / "threads.py").write_text(page_files(page)["threads.py"])
    (tmp_path / "distill.toml").touch()
    (tmp_path / "monday.jsonl").write_text(LOG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    stage: Any = importlib.import_module("threads").solved

    @flow
    def grow() -> str:
        return str(receipt_task(stage)(read="monday.jsonl", write="data/solved").status)

    try:
        assert grow() == "ran"
    finally:
        sys.modules.pop("threads", None)
    assert (tmp_path / "data/solved/part-00000.jsonl").read_bytes().startswith(b'{"id":"A-1"')
