"""A look: each path is asked for once, and anew by who had to wait."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest

from distill.receipts import Workspace, workspace_scope
from distill.receipts.clock import moment_ns
from distill.receipts.locks import hold
from distill.receipts.look import Look
from distill.receipts.stat_cache import StatCache

STAGE = """
from distill.receipts import InFile, OutFile, with_receipt

@with_receipt(stage="copy", version=1)
def copy(read: InFile, out: OutFile) -> None:
    out.write_text(read.read_text())
"""
DAY_NS = 86_400 * 10**9


def test_a_path_is_asked_for_once(tmp_path: Path) -> None:
    """Whoever asks of it; a look that begins anew asks again."""
    file = tmp_path / "a"
    file.write_text("a")
    look = Look(StatCache())

    def lines() -> list[str]:
        sight = look.sight()
        assert sight.followed([str(file)])
        assert sight.plain([str(file)])
        return sight.lines

    before = lines()
    assert before[0] == before[1]
    file.write_text("other")
    assert lines() == before
    look.renew(Workspace(tmp_path))
    assert lines() != before


def test_who_waited_for_another_run_looks_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was seen before the wait may have been written to meanwhile."""
    stage = _stage(tmp_path, monkeypatch)
    log = workspace.root / "log"
    log.write_text("one\n")
    now = moment_ns()
    monkeypatch.setattr("distill.receipts.stat_cache.moment_ns", lambda: now + DAY_NS)
    waits, goes_on = Event(), Event()

    def be_at_work(lock: str) -> None:
        with workspace_scope(workspace), hold(workspace, lock):
            waits.set()
            assert goes_on.wait(60)
            log.write_text("two\n")

    with workspace_scope(workspace), ThreadPoolExecutor(1) as other:
        for status in ("ran", "skipped"):
            assert stage.copy(log, "out").status == status
        later = stage.copy.later(log, "out")
        call, look = later.bind(workspace), Look.at(workspace)
        assert later.skipped(workspace, call, look) is not None
        working = other.submit(be_at_work, f"copy-{call.slot[:16]}")
        assert waits.wait(60)
        monkeypatch.setattr("distill.receipts.recording.hold", _first(goes_on.set))
        monkeypatch.setattr("distill.receipts.recording.scrub", lambda *_: True)
        assert later.skipped(workspace, call, look) is None
        working.result(60)


def _first(act: object) -> object:
    """Return `hold`, before which something is done."""

    def held(workspace: Workspace, name: str) -> object:
        act()  # type: ignore[operator]
        return hold(workspace, name)

    return held


def _stage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    file = folder / "look_stage.py"
    file.write_text(STAGE)
    spec = importlib.util.spec_from_file_location("look_stage", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "look_stage", module)
    spec.loader.exec_module(module)
    return module
