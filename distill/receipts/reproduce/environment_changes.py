"""What of the recorded environment is other here: Python's minor version, distributions."""

from collections.abc import Mapping
from importlib import metadata

from distill.receipts.code.environment import environment_of
from distill.receipts.receipt import Claim

_ENGINE = "distill"
_ENGINE_ENTRY = "distill/receipts/"


def changed_here(claim: Claim) -> tuple[str, ...]:
    """Return a phrase for each difference between a claim's environment and this process's."""
    recorded = claim.environment.distributions
    here = {name: version for name in recorded if (version := _version(name))}
    return changed(claim, environment_of(()).python, here)


def changed(claim: Claim, python: str, distributions: Mapping[str, str]) -> tuple[str, ...]:
    """Return a phrase for each difference between a claim's environment and another.

    The version that is installed of Distill says nothing where the engine's own files are among the
    recorded code: they are what runs.
    """
    recorded = claim.environment
    found = [f"Python {recorded.python} → {python}"] if recorded.python != python else []
    names = {*recorded.distributions, *distributions}
    if _ENGINE_ENTRY in claim.code.files:
        names.discard(_ENGINE)
    for name in sorted(names):
        before = recorded.distributions.get(name, "absent")
        after = distributions.get(name, "absent")
        if before != after:
            found.append(f"distribution {name} {before} → {after}")
    return tuple(found)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
