"""Memory that was freed is given back where the C library can, and else nothing happens."""

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.heap import give_back

#: Pieces too small for pages of their own, of which the last keeps the heap's end in use.
PROGRAM = """
import os
from pathlib import Path
from distill.receipts.heap import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
kept = [bytes(4096) for _ in range(20_000)]
last = bytes(4096)
del kept
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone can")
def test_what_was_freed_is_given_back() -> None:
    """Most of 80 MB that lie between what stays."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) > 40_000_000


def _without(_: object) -> object:
    return object()


def _refused(_: object) -> object:
    raise OSError


@pytest.mark.parametrize("library", [_without, _refused])
def test_another_c_library_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, library: Callable[[object], object]
) -> None:
    """One that has no such call, and a system where none can be asked."""
    monkeypatch.setattr(ctypes, "CDLL", library)
    give_back()
