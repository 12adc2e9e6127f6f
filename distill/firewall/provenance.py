"""Gate: every row leads back to bytes of a log."""

import re
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.evidence import Provenance
from distill.records.taxonomy import QuarantineReason

_HEX: Final = re.compile(r"[0-9a-f]{64}")


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where there is provenance, and each entry names a file, a byte range and a digest."""
    places = candidate.evidence.provenance
    if not places:
        return Finding(QuarantineReason.MISSING_PROVENANCE, "no_provenance", "no provenance")
    broken = sum(not _is_complete(place) for place in places)
    if not broken:
        return None
    return Finding(
        QuarantineReason.MISSING_PROVENANCE,
        "incomplete_provenance",
        f"{broken} of {len(places)} entries name no file, byte range or digest",
    )


def _is_complete(place: Provenance) -> bool:
    is_named = bool(place.source.strip() and place.path.strip())
    return is_named and 0 <= place.start < place.end and bool(_HEX.fullmatch(place.blake3))
