"""From a raw record to the rows that its reader is given."""

from typing import Any

from distill.sources.pointers import parse_pointer
from distill.sources.protocol import Envelope, RawRecord, Source
from distill.sources.rows import read_row
from distill.sources.strict_json import parse, parse_value


class RowReader:
    """Parses the records of one source; a context that many records share is parsed once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._digests: tuple[str, ...] | None = None
        self._context: dict[str, Any] = {}

    def rows(self, path: str, record: RawRecord) -> list[Any]:
        """Return the record's row, and with an `Envelope` its context after it.

        Raises:
            RecordError: the record or its context can't be read; see `read_row`.
        """
        envelope = self._source.framing
        if not isinstance(envelope, Envelope):
            return [read_row(self._source, path, record.data)]
        row = parse(record.data, nan_as_text=envelope.nan_as_text)
        digests = tuple(part.blake3 for part in record.context)
        if digests != self._digests:
            self._context = {
                parse_pointer(part.pointer)[0]: parse_value(
                    part.data, nan_as_text=envelope.nan_as_text
                )
                for part in record.context
            }
            self._digests = digests
        return [row, self._context]
