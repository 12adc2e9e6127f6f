"""The trust tests through a user's Prefect flow, with decisions looked at and remembered."""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.receipts import ReceiptStore, Workspace
from distill.receipts.clock import moment_ns

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
