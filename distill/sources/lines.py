"""Records that are lines: cut at newlines, blank lines skipped, the last one needs no newline."""

from collections.abc import Iterable, Iterator

from distill.sources.protocol import BadFrame, RawRecord
from distill.sources.stretch import WHITE_SPACE, Stretch, record_of


def frame_lines(blocks: Iterable[bytes], limit: int) -> Iterator[RawRecord | BadFrame]:
    """Yield one record a non-blank line; a carriage return before the newline stays in it.

    Lines count from 1, blank ones too.
    """
    number, offset = 1, 0
    begun: Stretch | None = None  # a line of which some stands in the blocks before
    for block in blocks:
        position = 0
        while (newline := block.find(b"\n", position)) >= 0:
            line, start = block[position:newline], offset + position
            record: RawRecord | BadFrame | None
            if begun is None and len(line) <= limit:
                record = record_of(line, start, number) if line.rstrip(WHITE_SPACE) else None
            else:
                begun = begun or Stretch(start, limit)
                begun.add(line)
                record = begun.close(line=number)
                begun = None
            if record is not None:
                yield record
            position = newline + 1
            number += 1
        if position < len(block):
            begun = begun or Stretch(offset + position, limit)
            begun.add(block[position:])
        offset += len(block)
    record = None if begun is None else begun.close(line=number)
    if record is not None:
        yield record


def frame_document(blocks: Iterable[bytes], limit: int) -> Iterator[RawRecord | BadFrame]:
    """Yield the whole file as one record, and nothing for a file of white space."""
    stretch = Stretch(0, limit)
    for block in blocks:
        stretch.add(block)
    record = stretch.close()
    if record is not None:
        yield record
