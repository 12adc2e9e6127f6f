"""How the end of a call is told from one process to another: an outcome in short, or an error."""

from typing import Literal, TypeAlias

from distill.errors import ContractError
from distill.receipts.digest import Digest
from distill.receipts.outcome import Outcome, Stored
from distill.receipts.scope import observer_scope
from distill.receipts.workspace import Workspace

#: What is told of an outcome: all of it without its receipt, which lies in the workspace.
ToldOutcome: TypeAlias = tuple[
    Literal["ran", "skipped"], str, Digest, tuple[str, ...], tuple[str, ...]
]


def told_of(outcome: Outcome) -> ToldOutcome:
    """Return what another process is told of an outcome."""
    return (
        outcome.status,
        outcome.reason,
        outcome.digest,
        outcome.set_aside,
        outcome.left_alone,
    )


def outcome_of(workspace: Workspace, told: ToldOutcome) -> Outcome:
    """Return the outcome of a call that another process made in this workspace."""
    status, reason, digest, set_aside, left_alone = told
    return Outcome(status, reason, Stored(workspace, digest), digest, set_aside, left_alone)


def traced(error: Exception) -> Exception:
    """Return an error that can be told to another process, with a note of where it was raised.

    A traceback does not travel, and who is to mend a stage, or Distill, needs it.
    """
    import traceback  # noqa: PLC0415 - few fail

    with observer_scope(None):  # it reads the lines of the code, which the stage does not
        told = traceback.TracebackException.from_exception(error)
        told.__notes__ = None  # it has them itself
        lines = "".join(told.format())
    found = that_travels(error)
    found.add_note(f"in another process:\n{lines}")
    return found


def that_travels(error: Exception) -> Exception:
    """Return an error that can be told to another process."""
    import pickle  # noqa: PLC0415 - few fail

    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever its own methods raise
        return ContractError(f"{type(error).__name__}: {error}")
    return error
