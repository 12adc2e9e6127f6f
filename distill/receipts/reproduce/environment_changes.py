"""What of the recorded environment is other here: Python's minor version, distributions."""

from collections.abc import Mapping
from importlib import metadata

from distill.receipts.environment import environment_of
from distill.receipts.receipt import Environment


def changed_here(recorded: Environment) -> tuple[str, ...]:
    """Return a phrase for each difference between a recorded environment and this process's."""
    here = {name: version for name in recorded.distributions if (version := _version(name))}
    return changed(recorded, environment_of(()).python, here)


def changed(
    recorded: Environment, python: str, distributions: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a phrase for each difference between a recorded environment and another."""
    found = [f"Python {recorded.python} → {python}"] if recorded.python != python else []
    for name in sorted({*recorded.distributions, *distributions}):
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
