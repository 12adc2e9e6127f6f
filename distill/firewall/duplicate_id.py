"""Gate: a run id is exported once."""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.receipts.digest import digest_bytes
from distill.records.taxonomy import QuarantineReason


class SeenRunIds:
    """Remembers run ids as 16 bytes each, in the order of the input."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def is_duplicate(self, run_id: str) -> bool:
        """Say whether this id was there before, and remember it."""
        key = bytes.fromhex(digest_bytes(run_id.encode()).hex[:32])
        if key in self._seen:
            return True
        self._seen.add(key)
        return False


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass unless whoever reads the input has seen this id before."""
    if not candidate.is_duplicate:
        return None
    return Finding(
        QuarantineReason.DUPLICATE_ID,
        "duplicate_id",
        "a run of this id stands earlier in the scored runs",
    )
