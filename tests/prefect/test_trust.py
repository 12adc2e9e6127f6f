"""The trust tests through a user's Prefect flow, with decisions looked at and remembered."""

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.errors import SourceError
from distill.receipts import ReceiptStore, Workspace
from distill.receipts.clock import moment_ns
from distill.receipts.ledger.log import Ledger

UNCHANGED = "inputs, code, parameters and environment unchanged; 1 output as recorded"
LOUD = "data/loud.jsonl"


@pytest.fixture(params=["looked at", "remembered"])
def words(
    prefect_server: str,
    two_stages: Any,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Callable[[], list[str]]:
    """The flow, which ran once; in its second form its skips are remembered."""
    flow: Callable[[], list[str]] = two_stages.words
    assert flow() == ["never built", "never built"]
    if request.param == "remembered":
        now = moment_ns()
        ahead = lambda: now + 3600 * 10**9  # noqa: E731 - a clock
        monkeypatch.setattr("distill.receipts.stat_cache.moment_ns", ahead)
        assert flow() == [UNCHANGED, UNCHANGED]
        assert b"decision:shout_words" in (workspace / ".distill/stat-cache").read_bytes()
    return flow


def _touch_back(path: Path) -> None:
    before = path.stat()
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _corrupt(root: Path) -> None:
    newest = ReceiptStore(Workspace(root)).newest("shout_words")
    assert newest is not None
    path = ReceiptStore(Workspace(root)).path_of(newest.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"passed"', b'"pASSed"', 1))


NOTICED: dict[str, tuple[Callable[[Path], object], str]] = {
    "2 an output is deleted": (lambda root: (root / LOUD).unlink(), f"output {LOUD} is missing"),
    "3 an output is edited": (
        lambda root: (root / LOUD).write_text("mine"),
        f"output {LOUD} was changed",
    ),
    "4 with the same size and mtime": (
        lambda root: _touch_back(root / LOUD),
        f"output {LOUD} was changed",
    ),
    "5 the receipt is corrupt": (_corrupt, "the receipt "),
}


@pytest.mark.parametrize("case", NOTICED)
def test_it_is_noticed(words: Callable[[], list[str]], workspace: Path, case: str) -> None:
    """The stage runs again, says why, and what it makes is as before."""
    before = (workspace / LOUD).read_bytes()
    act, reason = NOTICED[case]
    act(workspace)
    copied, loud = words()
    assert copied == UNCHANGED
    assert loud.startswith(reason)
    assert (workspace / LOUD).read_bytes() == before


def test_6_what_changes_nothing_reruns_nothing(
    words: Callable[[], list[str]], workspace: Path
) -> None:
    """A touched input, and a deleted ref."""
    os.utime(workspace / "logs/words.jsonl")
    (workspace / "receipts/refs/copy_words").unlink()
    assert words() == [UNCHANGED, UNCHANGED]


def test_6_a_changed_input_ripples(words: Callable[[], list[str]], workspace: Path) -> None:
    """Through both stages."""
    (workspace / "logs/words.jsonl").write_text('{"word":"three"}\n')
    copied, loud = words()
    assert copied.startswith("input logs/words.jsonl changed")
    assert loud.startswith("input data/words.jsonl changed")


def test_7_an_input_that_changes_while_its_stage_runs(
    words: Callable[[], list[str]], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task fails and nothing is published; no receipt ever pairs new input and old output."""
    log, copied = workspace / "logs/words.jsonl", workspace / "data/words.jsonl"
    before = copied.read_bytes()
    log.write_text('{"word":"three"}\n')
    monkeypatch.setenv("COPY_CALLS", f"echo more >> '{log}'")
    with pytest.raises(SourceError, match=r"logs/words\.jsonl changed while the stage ran"):
        words()
    assert copied.read_bytes() == before
    monkeypatch.delenv("COPY_CALLS")
    assert "; the last run failed: " in words()[0]
    assert copied.read_text() == '{"word":"three"}\nmore\n'
    receipts = [one for one in ReceiptStore(Workspace(workspace)).all() if one.passed]
    pairs = [one.claim for one in receipts if one.claim.stage == "copy_words"]
    assert len(pairs) == 2
    assert all(one.inputs[0].blake3 == one.outputs[0].blake3 for one in pairs)


def test_8_two_flow_runs_at_once(prefect_server: str, two_stages: Any, workspace: Path) -> None:
    """One computes; the other one's task waits for it, shares its result, and is cached."""
    here, begun = workspace.parent / "here", workspace.parent / "begun"
    wait = f"touch '{here}'; until test -e '{begun}'; do sleep 0.1; done; sleep 3"
    run = "import os, pathlib, two_stages; pathlib.Path(os.environ['MARK']).touch(); "
    call = [sys.executable, "-c", run + "print('told', two_stages.words())"]
    own = {**os.environ, "PREFECT_API_URL": prefect_server, "MARK": str(begun)}
    waits = {**own, "COPY_CALLS": wait, "MARK": os.devnull}
    first = subprocess.Popen(call, env=waits, stdout=subprocess.PIPE)
    until = time.monotonic() + 120
    while not here.exists():  # from here on the first holds the stage's lock
        assert time.monotonic() < until
        time.sleep(0.05)
    second = subprocess.Popen(call, env=own, stdout=subprocess.PIPE)
    told = [one.communicate(timeout=240)[0].decode() for one in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert told[0].endswith("told ['never built', 'never built']\n")
    assert told[1].endswith(f"told ['{UNCHANGED}', '{UNCHANGED}']\n")
    lines = Ledger(Workspace(workspace)).lines()
    assert sum(b'"entry":"started"' in line for line in lines) == 2


def test_1_code_that_was_edited(
    words: Callable[[], list[str]],
    two_stages: Any,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A served flow is not believed to run what the file says now; started again, it reruns."""
    file = workspace / "two_stages.py"
    file.write_text(file.read_text().replace(".upper()", ".title()"))
    with pytest.raises(Exception, match="was edited after this process loaded it"):
        words()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    again = importlib.reload(two_stages)
    assert again.words() == ["code changed: two_stages.py"] * 2
    assert "One" in (workspace / LOUD).read_text()
