"""Gate: every row names its run, and its evidence is that run's."""

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.taxonomy import QuarantineReason


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where scored run and evidence carry one id, ``<dataset>/<something>``."""
    run_id = candidate.run.run_id
    if run_id != candidate.evidence.run_id:
        return Finding(
            QuarantineReason.MISSING_SOURCE_RUN_ID,
            "two_run_ids",
            "the scored run and its evidence carry different ids",
        )
    dataset, _, rest = run_id.partition("/")
    if dataset.strip() and rest.strip():
        return None
    return Finding(
        QuarantineReason.MISSING_SOURCE_RUN_ID, "no_run_id", "no run id behind the dataset's name"
    )
