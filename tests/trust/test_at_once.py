"""Several runs at once: one computes, the others wait and share; a killed one holds nobody up."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from distill.receipts import (
    InFile,
    OutFile,
    Workspace,
    verify_workspace,
    with_receipt,
    workspace_scope,
)
from distill.receipts.locks import hold
from distill.receipts.targets import Target, slot_of
from tests.receipts.conftest import lay_out
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row


@with_receipt(stage="copy", version=1)
def copy(log: InFile, out: OutFile) -> None:
    """Copy a file."""
    out.write_bytes(log.read_bytes())


def test_four_processes_run_one_workspace(tmp_path: Path) -> None:
    """All end with 0 and the same result; each of the five stages was computed once."""
    rows = [row(f"t{number}", f"answer {number}") for number in range(40)]
    make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(rows)})
    call = [sys.executable, "-m", "distill.cli", "run", "--workspace", str(tmp_path)]
    processes = [subprocess.Popen(call, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sum(text.count(": ran: ") for text in told) == 5
    assert sum(text.count(": skipped: ") for text in told) == 15
    ledger = (tmp_path / "receipts/ledger/log.jsonl").read_bytes()
    assert ledger.count(b'"entry":"started"') == ledger.count(b'"status":"passed"') == 5
    assert verify_workspace(Workspace(tmp_path)).is_sound


def test_a_killed_run_s_lock_is_free(tmp_path: Path) -> None:
    """The second run waits for the first; when that is killed, it computes."""
    project = lay_out(tmp_path)
    stage = (project.root / "pipeline/stage.py").read_text()
    slow = stage.replace("    read = 0\n", "    import time; time.sleep(1)\n    read = 0\n")
    project.write("pipeline/stage.py", slow)
    first = project.start()
    while not project.runs:
        time.sleep(0.01)
    second = project.start()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert project.finish(second)["status"] == "ran"
    assert project.leftovers() == []


def test_readers_never_wait(tmp_path: Path) -> None:
    """While a run holds the lock of its slot, a plan and a verification go on."""
    (tmp_path / "a.txt").write_text("a")
    workspace = Workspace(tmp_path)
    with workspace_scope(workspace):
        copy(Path("a.txt"), Path("b.txt"))
        lock = f"copy-{slot_of((Target('out', 'b.txt', 'file'),))[:16]}"
        assert (tmp_path / f".distill/locks/{lock}.lock").exists()
        with hold(workspace, lock):  # who took it again here would be refused
            assert copy.plan(Path("a.txt"), Path("b.txt")).status == "fresh"
            assert verify_workspace(workspace).is_sound
