"""Trees of RFC 6962 over leaf hashes, by the definitions, and the paths that proofs hold."""

import hashlib

from distill.receipts.merkle import node_hash
from tests.vectors.making.keys import b64


def inclusion(leaves: list[bytes], index: int) -> list[bytes]:
    """Return the path of a leaf (RFC 6962 §2.1.1)."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]


def consistency(leaves: list[bytes], size: int, *, is_whole: bool = True) -> list[bytes]:
    """Return the proof that the first leaves are those of an older tree (RFC 6962 §2.1.2)."""
    if size == len(leaves):
        return [] if is_whole else [root(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if size <= split:
        return [*consistency(leaves[:split], size, is_whole=is_whole), root(leaves[split:])]
    return [*consistency(leaves[split:], size - split, is_whole=False), root(leaves[:split])]


def root(leaves: list[bytes]) -> bytes:
    """Return the tree hash over leaf hashes (RFC 6962 §2.1)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def subset(leaves: list[bytes], numbers: list[int]) -> list[bytes]:
    """Return the path that shows several leaves: the roots of all parts that have none of them."""
    if not numbers:
        return [root(leaves)]
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left = [number for number in numbers if number < split]
    right = [number - split for number in numbers if number >= split]
    return [*subset(leaves[:split], left), *subset(leaves[split:], right)]


def path_of(hashes: list[bytes]) -> str:
    """Return a path as a proof holds it."""
    return b64(b"".join(hashes))
