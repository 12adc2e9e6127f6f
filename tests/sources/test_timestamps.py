"""Times of logs in one form; a clock is never asked."""

import pytest

from distill.sources.timestamps import to_utc


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("2026-03-01T11:00:00+01:00", "2026-03-01T10:00:00Z"),
        ("2026-03-01 10:00:00", "2026-03-01T10:00:00Z"),
        ("2026-03-01t10:00:00.250z", "2026-03-01T10:00:00.250000Z"),
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1772359200, "2026-03-01T10:00:00Z"),
        (1772359200.5, "2026-03-01T10:00:00.500000Z"),
        (1772359200000, "2026-03-01T10:00:00Z"),
        (1772359200000000, "2026-03-01T10:00:00Z"),
        (1772359200000000000, "2026-03-01T10:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (None, None),
        ("yesterday", None),
        ("", None),
        ("2026-13-01", None),
        ("2026-W10-1", None),
        ("20260301", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1e300, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_to_utc(value: str | float | None, utc: str | None) -> None:
    """What can be read is given in UTC; what can't is null."""
    assert to_utc(value) == utc
