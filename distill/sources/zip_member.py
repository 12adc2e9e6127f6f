"""One member of a zip archive: its bytes, stored, deflated or compressed with Zstandard.

Memory holds the member's declared size and one block. A member is read no further than that size,
so that one that claims little and holds much costs what it claims.
"""

import sys
import zlib
from collections.abc import Callable, Iterator
from struct import Struct
from typing import BinaryIO, Final, Protocol

from distill.receipts.digest import Digest
from distill.sources.stream_digest import StreamDigest
from distill.sources.zip_directory import ArchiveError, Entry

_LOCAL: Final = Struct("<4s5H3L2H")
_BLOCK: Final = 2**16
_ENCRYPTED: Final = 0x1
_STORED, _DEFLATED, _ZSTANDARD = 0, 8, 93
#: Frames that ask for a larger window than 64 MiB are refused: it would all be in memory.
_WINDOW_LOG: Final = 26


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def feed(self, data: bytes, most: int) -> bytes:
        """Return up to ``most`` bytes; what is left over comes with the next call."""


def read_member(file: BinaryIO, entry: Entry, limit: int) -> bytes:
    """Return a member's bytes (one at least), whose size and CRC-32 are what the directory says.

    Raises:
        ArchiveError: it is empty, encrypted, too long, compressed in another way, corrupt, or its
            size is not the one that it claims.
    """
    if entry.flags & _ENCRYPTED:
        raise ArchiveError("member_encrypted", "the member is encrypted")
    if not entry.size:
        raise ArchiveError("empty", "the member holds nothing")
    if entry.size > limit:
        raise ArchiveError(
            "record_too_long", f"a member of {entry.size:,} bytes, over the limit of {limit:,}"
        )
    data = bytearray()
    for part in _decompressed(file, entry):
        data += part
        if len(data) > entry.size:
            raise ArchiveError("member_size", f"it holds more than the {entry.size:,} bytes said")
    if len(data) < entry.size:
        raise ArchiveError("member_size", f"it holds {len(data):,} bytes of {entry.size:,} said")
    if zlib.crc32(data) != entry.crc:
        raise ArchiveError("member_corrupt", "its bytes don't have the CRC-32 that it claims")
    return bytes(data)


def digest_compressed(file: BinaryIO, entry: Entry) -> Digest:
    """Return the digest of a member's compressed bytes, as far as they are there."""
    digest = StreamDigest()
    try:
        for block in _compressed(file, entry):
            digest.update(block)
    except ArchiveError:
        pass  # the digest of nothing: the member's place can't be found
    return digest.digest()


def _compressed(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield a member's compressed bytes in blocks."""
    file.seek(entry.offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise ArchiveError("member_corrupt", "no member begins where the directory says")
    *_, name, extra = _LOCAL.unpack(head)
    file.seek(name + extra, 1)
    left = entry.compressed
    while left and (block := file.read(min(_BLOCK, left))):
        left -= len(block)
        yield block


def _decompressed(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield a member's bytes, at most one byte more than its size in all."""
    if entry.method == _STORED:
        yield from _compressed(file, entry)
        return
    make = _MAKERS.get(entry.method)
    if make is None:
        raise ArchiveError(
            "member_compression",
            f"it is compressed by method {entry.method}; read are stored, deflate and Zstandard",
        )
    stream, left = make(), entry.size + 1
    for block in _compressed(file, entry):
        rest, is_fed = block, False
        while left and not (is_fed and not rest):
            most = min(_BLOCK, left)
            data = stream.feed(rest, most)
            yield data
            left -= len(data)
            rest, is_fed = b"", len(data) < most
            if stream.eof:  # of a frame of Zstandard, after which another may follow
                if entry.method == _DEFLATED:
                    return
                rest, is_fed, stream = stream.unused_data, True, make()


class _Deflate:
    """Raw deflate (RFC 1951)."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes, most: int) -> bytes:
        """Return up to ``most`` bytes."""
        try:
            return self._stream.decompress(self._stream.unconsumed_tail + data, most)
        except zlib.error:
            raise ArchiveError("member_corrupt", "its deflate data is corrupt") from None


class _Zstandard:
    """Frames of Zstandard (RFC 8878), as Inspect writes them."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - only where a member needs it
        else:
            from backports import zstd  # noqa: PLC0415
        self._error = zstd.ZstdError
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        self._stream = zstd.ZstdDecompressor(options=options)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes, most: int) -> bytes:
        """Return up to ``most`` bytes."""
        try:
            return self._stream.decompress(data, most)
        except self._error:
            raise ArchiveError("member_corrupt", "its Zstandard data is corrupt") from None


_MAKERS: Final[dict[int, Callable[[], _Decompressor]]] = {
    _DEFLATED: _Deflate,
    _ZSTANDARD: _Zstandard,
}
