"""Neighbouring groups in bundles, so that what stayed is told at once and not group by group.

A bundle ends after a group whose digest says so: a group that changed, came or went changes its
own bundle, and sometimes the one beside it. What the groups of a bundle told, together and each,
is remembered under the bundle's key, which their digests decide.
"""

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Final

from distill.receipts.incremental.keys import KEY_BYTES, KeyIndex, Keys

_USUAL: Final = 16  # groups of a bundle
_MOST: Final = 4 * _USUAL
_HEADS: Final = KEY_BYTES // 4


class Bundles:
    """Digests of groups, in bundles."""

    def __init__(self, digests: Keys) -> None:
        self.digests = digests
        heads = array("I", digests.content)[::_HEADS]
        self._ends = array("Q", [0])
        bound, begin = 2**32 // _USUAL, 0
        for behind, head in enumerate(heads, 1):
            if head < bound or behind - begin == _MOST or behind == len(heads):
                self._ends.append(behind)
                begin = behind

    def __len__(self) -> int:
        return len(self._ends) - 1

    def groups(self, number: int) -> range:
        """Return the numbers of the groups of a bundle."""
        return range(self._ends[number], self._ends[number + 1])

    def bundle_of(self, group: int) -> int:
        """Return the number of the bundle that a group is in."""
        return bisect_right(self._ends, group) - 1

    def key(self, number: int) -> bytes:
        """Return the key of a bundle (32 bytes)."""
        groups = self.groups(number)
        return sha256(b"bundle" + self.digests[groups.start : groups.stop].content).digest()


def pack(together: bytes, each: Sequence[bytes]) -> bytes:
    """Return what a bundle told: lines of JSON, of all its groups together and of each."""
    return zlib.compress(b"\n".join([together, *each]), 1)


def together_of(packed: bytes) -> bytes:
    """Return what the groups of a bundle told together."""
    return zlib.decompress(packed).partition(b"\n")[0]


class FormerlyTold:
    """What groups told in the run before, found by their digests.

    ``digests`` are all groups of that run, in order; ``rows`` is what was remembered.
    """

    def __init__(self, digests: Keys, rows: Mapping[bytes, bytes]) -> None:
        self._digests, self._rows = digests, rows
        self._last: tuple[int, Sequence[bytes]] = (-1, ())

    def __contains__(self, digest: bytes) -> bool:
        """Whether it is remembered what a group told."""
        return self.get(digest) is not None

    def __getitem__(self, digest: bytes) -> bytes:
        """Return what a group told.

        Raises:
            KeyError: it is not remembered.
        """
        found = self.get(digest)
        if found is None:
            raise KeyError(digest)
        return found

    def get(self, digest: bytes) -> bytes | None:
        """Return what a group told, null where it is not remembered."""
        group = self._index.find(digest)
        if group is None:
            return None
        number = self._bundles.bundle_of(group)
        if number != self._last[0]:
            packed = self._rows.get(self._bundles.key(number))
            lines = () if packed is None else zlib.decompress(packed).split(b"\n")[1:]
            self._last = (number, lines)
        at = group - self._bundles.groups(number).start
        return self._last[1][at] if at < len(self._last[1]) else None

    @cached_property
    def _index(self) -> KeyIndex:
        return KeyIndex(self._digests)

    @cached_property
    def _bundles(self) -> Bundles:
        return Bundles(self._digests)
