"""What a stage was called with, read back from its claim into the stage's own values."""

from typing import TypeVar

from pydantic import ValidationError

from distill.errors import VerificationError
from distill.receipts.parameters import restore_value
from distill.receipts.receipt import Receipt
from distill.records.frozen import FrozenModel
from distill.scoring.policy import ScoringPolicy
from distill.stages.jobs import SourceJob

Model = TypeVar("Model", bound=FrozenModel)


def recorded_job(evidence: Receipt, source: str) -> SourceJob:
    """Return the job of a source in an evidence receipt.

    Raises:
        VerificationError: the claim holds none.
    """
    jobs = restore_value(evidence.claim.parameters.get("jobs"))
    for job in jobs if isinstance(jobs, list) else ():
        table = job.get("table") if isinstance(job, dict) else None
        if isinstance(table, dict) and table.get("name") == source:
            return _read(SourceJob, job, "jobs")
    raise VerificationError(f"the evidence receipt knows no source {source!r}")


def recorded_policy(scored: Receipt) -> ScoringPolicy:
    """Return the policy of a scoring receipt.

    Raises:
        VerificationError: the claim holds none.
    """
    return _read(ScoringPolicy, restore_value(scored.claim.parameters.get("policy")), "policy")


def recorded_settings(export: Receipt, model: type[Model]) -> Model:
    """Return the settings of an exporter's receipt, which are of this model.

    Raises:
        VerificationError: the claim holds none.
    """
    return _read(model, restore_value(export.claim.parameters.get("settings")), "settings")


def _read(model: type[Model], value: object, name: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise VerificationError(
            f"the receipt's parameter {name!r} is none that this version knows",
            "use the version of Distill that wrote it (`claim.environment.distributions`)",
        ) from error
