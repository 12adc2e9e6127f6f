"""Stages in the two forms, and what a run of them did. A count of calls goes to a file."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from distill.receipts import Place, with_receipt_per_group, with_receipt_per_record

CALLS = "DISTILL_TEST_CALLS"


def _count() -> None:
    """Count a call, from whatever process it is made in."""
    file = os.environ.get(CALLS)
    if file:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, b"x")
        os.close(descriptor)


@with_receipt_per_record(stage="widen", version=1)
def widen(record: bytes, *, times: int = 2) -> Iterator[bytes]:
    """Give a record as often as its first byte says, from not at all to twice."""
    _count()
    for number in range(record[0] % (times + 1) if record else 0):
        yield b"%d %b" % (number, record)


@with_receipt_per_record(stage="place", version=1)
def locate(record: bytes, place: Place) -> dict[str, object]:
    """Say where a record lies."""
    _count()
    text = record.decode("latin-1")
    return {"text": text, "at": [place.path, place.line, place.start, place.end]}


def first_byte(record: bytes) -> str | None:
    """Return the key of a record: a record that begins with an x has none."""
    key = record[:1].decode("latin-1")
    return None if key == "x" else key


@with_receipt_per_group(stage="group", version=1, key=first_byte)
def gather(key: str, records: Sequence[bytes]) -> dict[str, object]:
    """Tell what belongs together."""
    _count()
    return {"key": key, "records": [record.decode("latin-1") for record in records]}


STAGES = (widen, locate, gather)


def calls(file: Path) -> int:
    """Return how many calls were counted, and begin again."""
    number = file.stat().st_size if file.exists() else 0
    file.unlink(missing_ok=True)
    return number
