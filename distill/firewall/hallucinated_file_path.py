"""Gate: a run names no file that its repository does not have and that it did not make itself."""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.path_listing import PathListing
from distill.firewall.path_mentions import hallucinated_paths
from distill.records.taxonomy import QuarantineReason

__all__ = ["PathListing", "check", "hallucinated_paths"]


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where the evidence found no such path, or had no listing to compare with.

    The paths themselves stand in the evidence (`facts.hallucinated_paths`); a quarantine row quotes
    nothing of a record.
    """
    paths = candidate.evidence.facts.hallucinated_paths
    if not paths:
        return None
    return Finding(
        QuarantineReason.HALLUCINATED_FILE_PATH,
        "path_not_in_repository",
        f"{len(paths)} paths that the repository does not have and the run did not make",
    )
