"""The Merkle tree of RFC 6962 §2.1 over a sequence of records, in memory that does not grow.

Leaf = SHA-256(0x00 ‖ record), node = SHA-256(0x01 ‖ left ‖ right); the root of nothing is
SHA-256 of the empty string.
"""

from collections.abc import Sequence
from hashlib import sha256

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"


class MerkleRoot:
    """The root over the leaves that were pushed so far; holds at most log2(n) + 1 hashes."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the largest full trees, from left to right: with the size, all of it."""
        return tuple(self._peaks)

    def push(self, leaf_hash: bytes) -> None:
        """Append one leaf, given as its 32-byte leaf hash."""
        self.size += 1
        peaks = self._peaks
        peaks.append(leaf_hash)
        rest = self.size
        while not rest & 1:  # two peaks of one height make one that is higher
            right = peaks.pop()
            peaks[-1] = node_hash(peaks[-1], right)
            rest >>= 1

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Append many leaves: level by level, which is faster than one by one.

        Law: equals a `push` of each.
        """
        hashes = list(leaf_hashes)
        size, higher = self.size, []
        self.size += len(hashes)
        while hashes:
            if size & 1:  # there is a peak of this height to the left of them
                hashes.insert(0, self._peaks.pop())
            if len(hashes) & 1:
                higher.append(hashes.pop())
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [sha256(NODE_PREFIX + left + right).digest() for left, right in pairs]
            size >>= 1
        self._peaks += reversed(higher)

    def root(self) -> bytes:
        """Return the 32 bytes of RFC 6962's MTH over all leaves pushed so far."""
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            root = node_hash(left, root)
        return root


def leaf_hash(record: bytes) -> bytes:
    """Return the 32-byte leaf hash of one record."""
    return sha256(LEAF_PREFIX + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node."""
    return sha256(NODE_PREFIX + left + right).digest()
