"""The one place that asks the clock."""

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
