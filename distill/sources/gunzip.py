"""Gzip as a stream of blocks, one member after another."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from distill.errors import SourceError

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLOCK: Final = 2**20
_HINT: Final = "fetch the file again, or test it with gzip -t"


def gunzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the decompressed bytes in blocks of at most 1 MiB, whatever the compression ratio.

    Zero bytes that pad the end are no error (`gzip` ignores them too).

    Raises:
        SourceError: the data is no gzip, is corrupt, or ends before its trailer. The message names
            no file: the caller knows it.
    """
    stream = zlib.decompressobj(_GZIP)
    members = 0
    has_begun = False
    for block in blocks:
        rest = block
        while rest:
            if not has_begun and members:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
            has_begun = True
            try:
                yield from _whole(data := stream.decompress(rest, _BLOCK))
            except zlib.error as error:
                raise SourceError(f"the gzip data is corrupt: {error}", _HINT) from error
            rest = stream.unconsumed_tail
            while len(data) == _BLOCK and not rest and not stream.eof:
                data = stream.decompress(b"", _BLOCK)
                yield from _whole(data)
            if stream.eof:
                rest = stream.unused_data
                stream = zlib.decompressobj(_GZIP)
                members += 1
                has_begun = False
    if has_begun:
        raise SourceError("the gzip data is cut short: it ends before its trailer", _HINT)


def _whole(data: bytes) -> Iterator[bytes]:
    if data:
        yield data
