"""How alike two texts are, by their digests: what a stage has worked out, and what it remembers.

It follows from the texts alone, so what one run found holds for the next.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_PAIR: Final = np.dtype([("pair", "S32"), ("similarity", "<u2")])
#: Stands for a similarity that is not known.
UNKNOWN: Final = -1


class Similarities:
    """Similarities of pairs in per mille. A pair is two digests of 16 bytes, the lower first.

    ``known`` is what `content` gave in an earlier run; only what is asked for is remembered again.
    """

    def __init__(self, known: bytes = b"") -> None:
        self._known = np.frombuffer(known, _PAIR)
        self._kept: list[NDArray[Any]] = []
        self._single: dict[bytes, int] = {}

    def known(self, pairs: NDArray[Any]) -> NDArray[np.int16]:
        """Return the similarity of each pair (``S32``), `UNKNOWN` where none is remembered."""
        found = np.full(len(pairs), UNKNOWN, np.int16)
        if len(self._known):
            at = np.minimum(self._known["pair"].searchsorted(pairs), len(self._known) - 1)
            is_known = self._known["pair"][at] == pairs
            found[is_known] = self._known["similarity"][at[is_known]]
        return found

    def keep(self, pairs: NDArray[Any], similarities: NDArray[np.int16]) -> None:
        """Keep those of some pairs, which stand in order, whose similarity is known."""
        is_known = similarities != UNKNOWN
        kept = np.empty(np.count_nonzero(is_known), _PAIR)
        kept["pair"], kept["similarity"] = pairs[is_known], similarities[is_known]
        self._kept.append(kept)

    def of(self, one: bytes, other: bytes, work_out: Callable[[], int]) -> int:
        """Return the similarity of two texts, which is worked out where nobody knows it."""
        pair = min(one, other) + max(one, other)
        if pair not in self._single:
            told = [one for some in (*self._kept, self._known) for one in _find(some, pair)]
            self._single[pair] = told[0] if told else work_out()
        return self._single[pair]

    def content(self) -> bytes:
        """Return all that was asked for: 34 bytes a pair, in order."""
        single = np.array(sorted(self._single.items()), _PAIR)
        found = np.concatenate([*self._kept, single])
        found = found[np.argsort(found["pair"], kind="stable")]
        is_new = np.append(True, found["pair"][1:] != found["pair"][:-1])[: len(found)]
        content: bytes = found[is_new].tobytes()
        return content


def _find(some: NDArray[Any], pair: bytes) -> list[int]:
    """Return the similarity of a pair among sorted ones, nothing where it is not there."""
    at = int(some["pair"].searchsorted(pair)) if len(some) else 0
    # numpy leaves off the NULs at the end of bytes
    is_there = at < len(some) and some["pair"][at] == pair.rstrip(b"\0")
    return [int(some["similarity"][at])] if is_there else []
