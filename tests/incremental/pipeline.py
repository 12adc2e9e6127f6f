"""Stages in the two forms and a plain one, and what a run of them did.

A count of calls goes to a file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from distill.receipts import (
    InFiles,
    OutDir,
    OutFile,
    Place,
    with_receipt,
    with_receipt_per_group,
    with_receipt_per_record,
)

from .marks import first_byte, mark

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
        yield mark(number, record)


@with_receipt_per_record(stage="place", version=1)
def locate(record: bytes, place: Place) -> dict[str, object]:
    """Say where a record lies."""
    _count()
    text = record.decode("latin-1")
    return {"text": text, "at": [place.path, place.line, place.start, place.end]}


@with_receipt_per_group(stage="group", version=1, key=first_byte)
def gather(key: str, records: Sequence[bytes]) -> dict[str, object]:
    """Tell what belongs together."""
    _count()
    return {"key": key, "records": [record.decode("latin-1") for record in records]}


@with_receipt(stage="tally", version=1)
def tally(parts: InFiles, *, copies: OutDir, sizes: OutFile) -> None:
    """Copy every part under its number, and tell how long each is."""
    _count()
    for number, part in enumerate(parts):
        (copies / f"{number}.txt").write_bytes(mark(number, part.read_bytes()))
    sizes.write_text("".join(f"{part.stat().st_size}\n" for part in parts))


STAGES = (widen, locate, gather)


def calls(file: Path) -> int:
    """Return how many calls were counted, and begin again."""
    number = file.stat().st_size if file.exists() else 0
    file.unlink(missing_ok=True)
    return number
