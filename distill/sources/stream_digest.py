"""A BLAKE3 digest of bytes that come in parts."""

from typing import Protocol

from distill.receipts import digest as _digest
from distill.receipts.digest import Digest


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def hexdigest(self) -> str: ...


class StreamDigest:
    """Takes parts; `digest` is what `digest_bytes` gives for all of them together."""

    def __init__(self) -> None:
        self._hasher: _Hasher = _digest.blake3()  # type: ignore[attr-defined]

    def update(self, part: bytes) -> None:
        """Take the next part."""
        self._hasher.update(part)

    def digest(self) -> Digest:
        """Return the digest of all parts so far."""
        return Digest(self._hasher.hexdigest())
