"""Records that are lines: cut at newlines, blank lines skipped, the last one needs no newline."""

from collections.abc import Iterable, Iterator

from distill.sources.protocol import BadFrame, RawRecord
from distill.sources.stretch import Stretch


def frame_lines(blocks: Iterable[bytes], limit: int) -> Iterator[RawRecord | BadFrame]:
    """Yield one record a non-blank line; a carriage return before the newline stays in it.

    Lines count from 1, blank ones too.
    """
    number, offset = 1, 0
    stretch = Stretch(0, limit)
    for block in blocks:
        position = 0
        while (newline := block.find(b"\n", position)) >= 0:
            stretch.add(block[position:newline])
            record = stretch.close(line=number)
            if record is not None:
                yield record
            position = newline + 1
            number += 1
            stretch = Stretch(offset + position, limit)
        if position < len(block):
            stretch.add(block[position:])
        offset += len(block)
    record = stretch.close(line=number)
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
