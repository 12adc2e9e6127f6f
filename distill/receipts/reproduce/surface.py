"""What running a receipt again asks of the engine at the recorded commit, and nothing else.

Whoever reproduces may be years newer than that commit. His driver calls these three functions of
the commit's own engine, so their names, arguments and answers never change; a new need gets a new
function, and a driver says where a commit does not have it yet.
"""

from collections.abc import Callable
from typing import Any

from distill.errors import ContractError
from distill.receipts.code.closure import closure_of
from distill.receipts.code.environment import environment_of
from distill.receipts.code.modules import module_of
from distill.receipts.parameters import record_parameters


def look(function: Callable[..., object]) -> dict[str, Any]:
    """Return a stage function's code files with their digests, and its environment, as JSON."""
    closure = closure_of(module_of(function))
    environment = environment_of(closure.foreign)
    return {
        "files": {name: digest.hex for name, digest in closure.files.items()},
        "python": environment.python,
        "distributions": dict(environment.distributions),
    }


def record(value: object) -> list[Any]:
    """Return, in a list, the JSON that a claim records for a value; empty where it records none."""
    try:
        return [record_parameters({"value": value})["value"]]
    except ContractError:
        return []


def run(stage: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Call a stage in the workspace that DISTILL_WORKSPACE names; return its receipt's bytes."""
    content: bytes = stage(*args, **kwargs).receipt.content
    return content
