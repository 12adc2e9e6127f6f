"""One record's bytes as they stream by: kept up to a limit, digested in any case."""

from distill.receipts.digest import blake3_hex, digest_bytes
from distill.sources.protocol import BadFrame, RawRecord
from distill.sources.stream_digest import StreamDigest

WHITE_SPACE = b" \t\r\n"


class Stretch:
    """The bytes from `start` on of one record.

    Up to `limit` bytes are held in memory; beyond it they are only digested, and the record becomes
    a `BadFrame`, so that a line of any length costs no more memory than the limit.
    """

    def __init__(self, start: int, limit: int) -> None:
        self.start = start
        self.size = 0
        self._limit = limit
        self._parts: list[bytes] = []
        self._digest: StreamDigest | None = None

    @property
    def is_held(self) -> bool:
        """True while all bytes are in memory."""
        return self._digest is None

    def add(self, part: bytes) -> None:
        """Take the bytes that follow those taken so far."""
        self.size += len(part)
        if self._digest is not None:
            self._digest.update(part)
            return
        self._parts.append(part)
        if self.size > self._limit:
            self._digest = StreamDigest()
            for held in self._parts:
                self._digest.update(held)
            self._parts = []

    def text(self) -> bytes:
        """Return the bytes held so far."""
        return b"".join(self._parts)

    def close(
        self, *, line: int | None = None, pointer: str = "", trim: bool = False
    ) -> RawRecord | BadFrame | None:
        """Return the record, null where it holds nothing but white space.

        With `trim`, white space at the end belongs to no record (unless the record is too long to
        be held, when it counts as seen).
        """
        if not self.is_held:
            return self.spoil(
                "record_too_long",
                f"a record of {self.size:,} bytes, over the limit of {self._limit:,}",
                line=line,
                pointer=pointer,
            )
        bytes_held = self.text()
        trimmed = bytes_held.rstrip(WHITE_SPACE)
        if not trimmed:
            return None
        return record_of(trimmed if trim else bytes_held, self.start, line, pointer)

    def spoil(
        self, rule: str, detail: str, *, line: int | None = None, pointer: str = ""
    ) -> BadFrame:
        """Return the stretch as one that can't be used, and why."""
        digest = digest_bytes(self.text()) if self._digest is None else self._digest.digest()
        end = self.start + self.size
        return BadFrame(self.start, end, line, pointer, digest.hex, rule, detail)


def record_of(data: bytes, start: int, line: int | None, pointer: str = "") -> RawRecord:
    """Return the record whose bytes stand in the file from `start` on."""
    return RawRecord(data, start, start + len(data), line, pointer, blake3_hex(data))
