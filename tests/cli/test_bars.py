"""Bars: what stages in several processes tell is drawn by the first, and nobody waits for it."""

import os
import pickle
import sys

import pytest

from distill.cli.bars import TerminalBars, progress_for
from distill.stages.progress import SILENT


def test_bars_are_for_a_person_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not under -q or --json, nor where standard error is a file."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert isinstance(progress_for(quiet=False), TerminalBars)
    assert progress_for(quiet=True) is SILENT
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert progress_for(quiet=False) is SILENT


def test_what_another_process_tells_is_drawn_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its stage, and how far it is; more than a pipe holds delays it by nothing."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich draws bars on terminals alone
    bars = TerminalBars()
    with bars.beside() as look:
        child = os.fork()
        if not child:
            with bars.stage("elsewhere", 100 * 2**20) as bar:
                for _ in range(10_000):
                    bar.advance(2**20)
            os._exit(0)
        os.waitpid(child, 0)
        look()
        assert "elsewhere" in capsys.readouterr().err
        with bars.stage("here", 2 * 2**20) as bar:
            bar.advance(2**20)
        drawn = capsys.readouterr().err
        assert "here" in drawn
        assert "1.0/2.1 MB" in drawn


def test_a_process_that_is_started_anew_writes_into_no_descriptor_of_ours() -> None:
    """Bars are sent there with a call: what it tells is told to nobody."""
    bars = TerminalBars()
    with bars.beside():
        sent = pickle.loads(pickle.dumps(bars))  # noqa: S301 - our own bytes
    with sent.stage("score_runs", 10) as bar:
        bar.advance(2**20)
    assert type(sent) is type(SILENT)
