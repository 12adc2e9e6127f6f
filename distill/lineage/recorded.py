"""What a stage was called with, read back from its claim into the stage's own values."""

from typing import TypeVar

from distill.errors import VerificationError
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.restoring import Restorer, UnfitError
from distill.receipts.reproduce.surface import record
from distill.records.frozen import FrozenModel
from distill.scoring.policy import ScoringPolicy
from distill.stages.jobs import SourceJob

Model = TypeVar("Model", bound=FrozenModel)


def recorded_job(evidence: Receipt, source: str) -> SourceJob:
    """Return the job of a source in an evidence receipt.

    Raises:
        VerificationError: the claim holds none that this version knows.
    """
    jobs = evidence.claim.parameters.get("jobs")
    for job in jobs if isinstance(jobs, list) else ():
        table = job.get("table") if isinstance(job, dict) else None
        if isinstance(table, dict) and table.get("name") == source:
            return _restored(job, SourceJob, "jobs")
    raise VerificationError(f"the evidence receipt knows no source {source!r}")


def recorded_policy(scored: Receipt) -> ScoringPolicy:
    """Return the policy of a scoring receipt.

    Raises:
        VerificationError: the claim holds none that this version knows.
    """
    return _restored(scored.claim.parameters.get("policy"), ScoringPolicy, "policy")


def recorded_settings(export: Receipt, model: type[Model]) -> Model:
    """Return the settings of an exporter's receipt, which are of this model.

    Raises:
        VerificationError: the claim holds none that this version knows.
    """
    return _restored(export.claim.parameters.get("settings"), model, "settings")


def _restored(value: object, model: type[Model], name: str) -> Model:
    try:
        found: Model = Restorer(record).restore(value, model, name)
    except UnfitError as error:
        raise VerificationError(
            f"the receipt's parameter {name!r} is none that this version of Distill knows",
            "use the version that wrote it (`claim.environment.distributions`)",
        ) from error
    return found
