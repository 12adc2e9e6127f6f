"""Times as logs write them, in one form: RFC 3339, UTC, ``Z``."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?.*)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: A number of seconds at or above the bound counts milliseconds, microseconds, nanoseconds.
_UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def to_utc(value: str | float | None) -> str | None:
    """Return a time in UTC, null where the value can't be read as one.

    Texts are RFC 3339, also with a blank for ``T``; one without an offset is taken as UTC, a date
    as its midnight. Numbers count from 1970: seconds, or by their size milli-, micro- or
    nanoseconds.
    """
    moment = _read_text(value) if isinstance(value, str) else _read_number(value)
    if moment is None:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _read_text(text: str) -> datetime | None:
    text = text.strip()
    if not _RFC3339.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(",", "."))
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_number(number: float | None) -> datetime | None:
    if number is None or isinstance(number, bool):
        return None
    scale = next((scale for bound, scale in _UNITS if abs(number) >= bound), 1.0)
    try:
        return _EPOCH + timedelta(microseconds=round(number * (1_000_000 / scale)))
    except (OverflowError, ValueError):
        return None
