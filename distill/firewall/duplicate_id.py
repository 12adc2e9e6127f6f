"""Gate: a run id is exported once."""

from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.records.taxonomy import QuarantineReason

_KEY_BYTES: Final = 16


class SeenRunIds:
    """Remembers run ids as 16 bytes each, in the order of the input."""

    def __init__(self) -> None:
        self._seen = KeyIndex(Keys(width=_KEY_BYTES))

    def is_duplicate(self, run_id: str) -> bool:
        """Say whether this id was there before, and remember it."""
        return not self._seen.add(bytes.fromhex(blake3_hex(run_id.encode())[: 2 * _KEY_BYTES]))


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass unless whoever reads the input has seen this id before."""
    if not candidate.is_duplicate:
        return None
    return Finding(
        QuarantineReason.DUPLICATE_ID,
        "duplicate_id",
        "a run of this id stands earlier in the scored runs",
    )
