"""A date or a time, as a person writes it, as the moment that receipts are compared with."""

import re
from datetime import UTC, datetime

from distill.errors import ConfigurationError

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*")


def is_moment(text: str) -> bool:
    """Say whether a text is meant as a date or a time."""
    return bool(_DATE.fullmatch(text) or _TIME.fullmatch(text))


def moment_of(text: str) -> str:
    """Return the moment as receipts write it; a date means the end of that day in UTC.

    Raises:
        ConfigurationError: no such day or time, or a time that does not say its zone.
    """
    try:
        if _DATE.fullmatch(text):
            return (
                f"{datetime.strptime(text, '%Y-%m-%d').replace(tzinfo=UTC):%Y-%m-%d}T23:59:59.999Z"
            )
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} is no date or time: {error}", "write 2026-11-24 or 2026-11-24T08:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} does not say its time zone", f"write {text}Z for UTC, or {text}+01:00"
        )
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
