"""Gate: a run id is exported once."""

from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.records.taxonomy import QuarantineReason

_KEY_BYTES: Final = 16


def key_of(run_id: str) -> str:
    """Return what stands for a run id among those that were seen: 16 bytes, in hex."""
    return blake3_hex(run_id.encode())[: 2 * _KEY_BYTES]


class SeenRunIds:
    """Remembers run ids by their keys, in the order of the input."""

    def __init__(self) -> None:
        self._seen = KeyIndex(Keys(width=_KEY_BYTES))

    def repeated(self, keys: bytes) -> list[int]:
        """Return which of these, by number, were there before, and remember all.

        ``keys`` are those of `key_of`, one after the other.
        """
        add, width = self._seen.add, _KEY_BYTES
        starts = range(0, len(keys), width)
        return [start // width for start in starts if not add(keys[start : start + width])]


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass unless whoever reads the input has seen this id before."""
    if not candidate.is_duplicate:
        return None
    return Finding(
        QuarantineReason.DUPLICATE_ID,
        "duplicate_id",
        "a run of this id stands earlier in the scored runs",
    )
