"""What was freed is given back, or kept, where the C library can, and else nothing happens."""

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.heap import give_back, keep_freed

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
#: How many pages are asked of the system for 12 MB in long values, again and again.
AGAIN = """
import resource, sys
from distill.receipts.heap import keep_freed
if "keep" in sys.argv:
    keep_freed()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for number in range(50):
    if number == 10:
        before = faults()
    values = [b"x" * 1_500_000 for _ in range(8)]
    del values
print(faults() - before)
"""

needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone can")


def told(program: str, *flags: str) -> int:
    """Return the number that a program prints, which is run in a process of its own."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", program, *flags]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(ended.stdout)


@needs_glibc
def test_what_was_freed_is_given_back() -> None:
    """Most of 80 MB that lie between what stays."""
    assert told(PROGRAM) > 40_000_000


@needs_glibc
def test_what_was_freed_is_kept_for_values_as_long() -> None:
    """No page in ten is asked for again; without it, most of 40 times 12 MB are."""
    pages = 40 * 12_000_000 // os.sysconf("SC_PAGE_SIZE")
    assert told(AGAIN, "keep") < pages // 10
    assert told(AGAIN) > pages // 2


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
    keep_freed()
