"""`run` and `status` with nothing to do say again what they said, and notice whatever changed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.cli import main
from distill.receipts.clock import moment_ns
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

ROWS = [row("t1", "right"), row("t1", "wrong", passed=False), row("t2", "other")]
HEAVY = (
    "cryptography",
    "duckdb",
    "email",
    "git",
    "msgspec",
    "orjson",
    "prefect",
    "pydantic",
    "zipfile",
)
DRIVER = f"""
import sys
from distill.receipts import stat_cache
present = stat_cache.moment_ns
stat_cache.moment_ns = lambda: present() + 3600 * 10**9
from distill.cli import main
code = main(sys.argv[1:])
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""

Said = Callable[..., str]


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """Run a command in the workspace and return what it printed."""
    now = moment_ns()
    for module in ("receipts.stat_cache", "cli.run", "cli.look"):
        monkeypatch.setattr(f"distill.{module}.moment_ns", lambda: now + 3600 * 10**9)

    def run(*arguments: str) -> str:
        main([*arguments, "--workspace", str(tmp_path)])
        return capsys.readouterr().out

    return run


@pytest.fixture
def root(tmp_path: Path, say: Said) -> Path:
    """A workspace in which a run and a status with nothing to do are remembered."""
    make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)})
    for command in ("run", "run", "run", "status", "status"):
        say(command)
    cache = (tmp_path / ".distill/stat-cache").read_bytes()
    assert cache.count(b"\nanswer:") == 2
    return tmp_path


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test fail if a command is asked again."""

    def refuse(*_: object) -> int:
        pytest.fail("it was asked again")

    monkeypatch.setattr("distill.cli.recalled._ask", refuse)


def test_what_was_said_is_said_again(
    root: Path, say: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, under every flag."""
    flags = ((), ("--json",), ("-v",), ("-q",))
    cache = root / ".distill/stat-cache"
    known = cache.read_bytes()
    cache.unlink()
    asked = [say(command, *flag) for command in ("run", "status") for flag in flags]
    cache.write_bytes(known)
    forbid(monkeypatch)
    assert [say(command, *flag) for command in ("run", "status") for flag in flags] == asked


@pytest.mark.parametrize("command", ["run", "status", "verify"])
def test_nothing_heavy_is_imported(root: Path, command: str) -> None:
    """In a process of its own, with nothing to do."""
    for asked in ("run", "run", command, command):  # the import path of that process is new
        call = [sys.executable, "-c", DRIVER, asked, "--workspace", str(root)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


def _touch_back(path: Path) -> None:
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"right", b"wrong"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a new log": (
        lambda root: (root / "logs/b.jsonl").write_bytes(lines([row("t3", "new")])),
        "input logs/b.jsonl is new",
    ),
    "a log is gone": (lambda root: (root / "logs/a.jsonl").unlink(), "matches no file"),
    "the configuration": (
        lambda root: (root / "distill.toml").write_text(MAPPED),
        "parameter jobs[",
    ),
    "the first review": (
        lambda root: _write(root / "reviews/a.jsonl", "{}\n"),
        "input reviews/a.jsonl is new",
    ),
    "the first withdrawal": (
        lambda root: (root / "withdrawals.jsonl").write_text("no withdrawal\n"),
        "withdrawals.jsonl",
    ),
    "an output of the same size and mtime": (
        lambda root: _touch_back(root / "exports/sft/train-00000.jsonl"),
        "output exports/sft/train-00000.jsonl was changed",
    ),
    "an output is gone": (
        lambda root: (root / "exports/rag/README.md").unlink(),
        "output exports/rag/README.md is missing",
    ),
    "the ledger": (
        lambda root: (root / "receipts/ledger/log.jsonl").unlink(),
        "in no line of the ledger",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(root: Path, say: Said, change: str) -> None:
    """By status, and by what a run says."""
    make, reason = CHANGES[change]
    make(root)
    assert reason in say("status")


def test_an_option_of_python_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-O`` leaves out asserts, so the same files are other code: what was said is not true."""
    call = [sys.executable, "-c", DRIVER, "run", "--workspace", str(root)]
    for _ in range(3):
        done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]", "it is not remembered"
    assert "export_sft: skipped" in done.stdout
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"export_sft: ran: Python {version} → {version} -O" in done.stdout


def test_a_corrupt_receipt_is_never_used(root: Path, say: Said) -> None:
    """The stage runs again."""
    for path in (root / "receipts/objects").glob("*/*"):
        if b'"stage":"export_rag"' in path.read_bytes():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b'"passed"', b'"pASSed"', 1))
    assert "export_rag: ran" in say("run")


@pytest.mark.parametrize("name", [".stages", "export_rag"])
def test_a_deleted_ref_is_no_error(root: Path, say: Said, name: str) -> None:
    """It is found again, by looking."""
    (root / "receipts/refs" / name).unlink()
    assert "export_rag: skipped" in say("run")
    assert "export_rag" in say("status")


def test_a_deleted_report_is_written_again(root: Path, say: Said) -> None:
    """A run that has nothing to do writes it all the same."""
    report = root / "reports/latest.md"
    before = report.read_bytes()
    report.unlink()
    say("run")
    assert report.read_bytes() == before


def test_a_flag_is_another_question(root: Path, say: Said) -> None:
    """And `--full` asks anew."""
    assert "export_sft: ran" in say("run", "--include-partial")
    assert "export_sft: ran" in say("run")
    assert "skipped" in say("run", "--full")
