"""The rows of a table beside the logs: a task table, a listing, a list of a benchmark's items."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distill.errors import SourceError
from distill.sources.framing import frame
from distill.sources.protocol import BadFrame, Framing, RecordError
from distill.sources.strict_json import parse
from distill.workspace.reading import read_blocks


def table_rows(recorded: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each row of a JSON or JSONL file with the name of its place, for an error.

    Raises:
        SourceError: a row is no JSON.
    """
    for record in frame(read_blocks(path), Framing.AUTO):
        place = f"{recorded}, line {record.line}" if record.line else f"{recorded}{record.pointer}"
        if isinstance(record, BadFrame):
            raise SourceError(f"{place}: {record.detail}", "mend it: a table has no quarantine")
        try:
            yield place, parse(record.data)
        except RecordError as error:
            raise SourceError(f"{place}: {error.detail}", "mend the row") from None
