"""The one place that asks the clock."""

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


def now() -> str:
    """Return the present as a receipt writes it: UTC with milliseconds and Z."""
    present = datetime.now(UTC)
    return f"{present:%Y-%m-%dT%H:%M:%S}.{present.microsecond // 1000:03d}Z"


def moment_ns() -> int:
    """Return the present in the nanoseconds that a file system counts in."""
    return time.time_ns()


@dataclass(frozen=True)
class Stopwatch:
    """When something began, and how long ago that is by a clock that never goes back."""

    started_at: str = field(default_factory=now)
    _began: int = field(default_factory=time.monotonic_ns)

    def elapsed_ms(self) -> int:
        """Return the milliseconds since the beginning."""
        return (time.monotonic_ns() - self._began) // 1_000_000


def process_began_ns() -> int:
    """Return a moment just after this process was begun and before it read any code of a user's.

    From ``/proc/self/stat`` (proc(5), field 22, in ticks since the machine started), a tick later,
    which is less than Python's own start takes. Where it can't be told, the epoch.
    """
    try:
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123 - at every start
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        tick_ns = 10**9 // os.sysconf("SC_CLK_TCK")
        booted_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
    return booted_ns + (ticks + 1) * tick_ns
