"""What surrounds a call: the workspace that it works in, and who triggered it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple, Self

from distill.receipts.workspace import Workspace

if TYPE_CHECKING:
    from distill.receipts.receipt import Trigger, TriggerKind

Observer = Callable[[object, object], None]
"""Is told the path and the flags of each file that is opened."""

FULL_VARIABLE = "DISTILL_FULL"

_workspace: ContextVar[Workspace | None] = ContextVar("distill_workspace", default=None)
_reread: ContextVar[dict[str, str] | None] = ContextVar("distill_reread", default=None)
_observer: ContextVar[Observer | None] = ContextVar("distill_observer", default=None)
_trigger: ContextVar["Trigger | None"] = ContextVar("distill_trigger", default=None)


@contextmanager
def workspace_scope(workspace: Workspace) -> Iterator[Workspace]:
    """Let the stages that are called inside work in this workspace."""
    token = _workspace.set(workspace)
    try:
        yield workspace
    finally:
        _workspace.reset(token)


@contextmanager
def trigger_scope(kind: "TriggerKind", identity: str | None = None) -> Iterator["Trigger"]:
    """Let the receipts of the stages that are called inside name this trigger."""
    from distill.receipts.receipt import Trigger  # noqa: PLC0415 - a skipped stage needs none

    trigger = Trigger(kind, identity)
    token = _trigger.set(trigger)
    try:
        yield trigger
    finally:
        _trigger.reset(token)


@contextmanager
def full_scope() -> Iterator[None]:
    """Let the stages that are called inside reread every byte, whatever the times say.

    The variable DISTILL_FULL does the same for every call of a process.
    """
    token = _reread.set({})
    try:
        yield
    finally:
        _reread.reset(token)


def current_reread() -> dict[str, str] | None:
    """Return what was reread in the innermost `full_scope`, null where there is none."""
    found = _reread.get()
    return {} if found is None and os.environ.get(FULL_VARIABLE) else found


class Scopes(NamedTuple):
    """What surrounds a call here, so that another process can surround it with the same."""

    workspace: Workspace
    trigger: "Trigger | None"
    reread: dict[str, str] | None

    @classmethod
    def here(cls) -> Self:
        """Return what surrounds a call here."""
        return cls(current_workspace(), _trigger.get(), _reread.get())

    def enter(self) -> None:
        """Surround all calls of this process."""
        _workspace.set(self.workspace)
        _trigger.set(self.trigger)
        _reread.set(self.reread)
        _observer.set(None)


@contextmanager
def observer_scope(observer: Observer | None) -> Iterator[None]:
    """Let this be told, inside, of the files that a stage opens; null: the engine is at work."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def current_observer() -> Observer | None:
    """Return who is told of the files that are opened, null where no stage function runs."""
    return _observer.get()


def current_workspace() -> Workspace:
    """Return the workspace of the innermost scope, or the one that `Workspace.find` finds."""
    with observer_scope(None):  # a stage that asks reads no setting from the file
        return _workspace.get() or Workspace.find()


def current_trigger() -> "Trigger":
    """Return who triggered the present call."""
    from distill.receipts.receipt import Trigger  # noqa: PLC0415 - a skipped stage needs none

    return _trigger.get() or Trigger("python", None)
