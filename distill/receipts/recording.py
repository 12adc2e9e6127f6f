"""`with_receipt`: a function that reads and writes files becomes a stage that leaves receipts."""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

from distill.errors import ContractError, SourceError
from distill.receipts.binding import Binding, Call
from distill.receipts.calling import StageIdentity
from distill.receipts.code.composed import composition_of
from distill.receipts.code.modules import module_of
from distill.receipts.decisions import Decisions
from distill.receipts.locks import hold, is_recovered, try_hold
from distill.receipts.look import Look, shared_look
from distill.receipts.outcome import Outcome, Plan, Stored
from distill.receipts.scope import current_reread, current_workspace, observer_scope
from distill.receipts.scrub import scrub
from distill.receipts.targets import STAGE_NAME
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:
    from distill.receipts.execution import Execution
    from distill.receipts.report import Report
    from distill.receipts.staging import Finished

P = ParamSpec("P")


class Stage(Generic[P]):
    """A decorated function. Calling it runs or skips the stage and returns an `Outcome`.

    ``stage`` and ``version`` are those of the decorator; ``__wrapped__`` is the function itself.
    """

    __wrapped__: Callable[P, "Report | Finished | None"]

    def __init__(
        self, function: Callable[P, "Report | Finished | None"], stage: str, version: int
    ) -> None:
        self.stage = stage
        self.version = version
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        """Run the stage, or skip it where nothing changed; either way a receipt says so.

        A second call for the same outputs waits for the first and shares its result.

        Raises:
            DistillError: an argument, an input or the stage's contract is at fault.
        """
        _demand_started(self.stage)
        with observer_scope(None):  # the stage that calls this one does not read what this one does
            return self._call(*args, **kwargs)

    def later(self, *args: P.args, **kwargs: P.kwargs) -> "Later":
        """Return this call, not made yet, for `side_by_side`."""
        return Later(self, args, kwargs)

    def _call(self, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        workspace = current_workspace()
        call = self._binding.bind(workspace, args, kwargs)
        lock = f"{self.stage}-{call.slot[:16]}"
        reread = current_reread()
        with hold(workspace, lock):
            decisions = Decisions(workspace, call, self._identity, Look.at(workspace))
            skipped = self._skipped(decisions)
            decisions.cache.write(workspace)
            if skipped is not None:
                return skipped
            from distill.receipts.running import run_or_skip  # noqa: PLC0415 - all that a run needs

            return run_or_skip(decisions, self._run, lock, reread)

    def plan(self, *args: P.args, **kwargs: P.kwargs) -> Plan:
        """Return what a call with these arguments would do, and why. Nothing is written.

        Raises:
            DistillError: an argument is at fault. A missing input makes the plan stale instead.
        """
        with observer_scope(None):
            return self._plan(*args, **kwargs)

    def _plan(self, *args: P.args, **kwargs: P.kwargs) -> Plan:
        workspace = current_workspace()
        call = self._binding.bind(workspace, args, kwargs)
        look = shared_look(workspace)
        reread = current_reread()
        known = Decisions(workspace, call, self._identity, look).recall()
        if known is not None and reread is None:
            return Plan("fresh", known.reason)
        from distill.receipts.code.traces import Traces  # noqa: PLC0415
        from distill.receipts.survey import survey  # noqa: PLC0415 - all that a look needs

        try:
            return survey(workspace, call, self._identity, Traces(look.cache, reread)).plan
        except SourceError as error:
            return Plan("stale", error.message, ("input",))

    def __reduce__(self) -> str:
        """Let the stage travel to worker processes by its name, as functions do."""
        return self.__wrapped__.__qualname__

    @cached_property
    def _binding(self) -> Binding:
        # Late: an annotation may name what the module defines below the stage.
        return Binding.of(self.__wrapped__)

    @cached_property
    def _identity(self) -> StageIdentity:
        module = module_of(self.__wrapped__)
        others = tuple(m for m in composition_of(self._functions()).modules if m != module)
        name = module.name_of(self.__wrapped__)
        return StageIdentity(self.stage, self.version, module, name, others)

    def _functions(self) -> Sequence[Callable[..., object]]:
        """Return the functions of the user's that the stage calls."""
        return (self.__wrapped__,)

    def _skipped(self, decisions: Decisions) -> Outcome | None:
        """Return the outcome of a call that is remembered as having nothing to do.

        What was reread is for the caller to keep.
        """
        workspace = decisions.workspace
        if current_reread() is not None or not is_recovered(workspace):
            return None
        known = decisions.recall()
        if known is None or not scrub(decisions.cache, known.grounds.places(workspace)):
            return None
        return Outcome("skipped", known.reason, Stored(workspace, known.receipt), known.receipt)

    def _run(self, execution: "Execution") -> Outcome:
        return execution.run(self.__wrapped__)


@dataclass(frozen=True)
class Later:
    """A call of a stage that `side_by_side` is to make."""

    stage: Stage[Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    def __call__(self) -> Outcome:
        """Make the call."""
        return self.stage(*self.args, **self.kwargs)

    def bind(self, workspace: Workspace) -> Call:
        """Return the files and parameters of the call.

        Raises:
            DistillError: an argument is at fault.
        """
        return self.stage._binding.bind(workspace, self.args, self.kwargs)

    def skipped(self, workspace: Workspace, call: Call, look: Look) -> Outcome | None:
        """Return the outcome if this call, as it was bound, is remembered as nothing to do.

        Several calls may share a look, whose cache is for the caller to write. Where somebody else
        is at work on the call's outputs, he is waited for, and the look begins anew.
        """
        stage, lock = self.stage, f"{self.stage.stage}-{call.slot[:16]}"
        decisions = Decisions(workspace, call, stage._identity, look)
        with try_hold(workspace, lock) as is_free:
            if is_free:
                return stage._skipped(decisions)
        with hold(workspace, lock):
            look.renew(workspace)
            return stage._skipped(decisions)


def with_receipt(
    *, stage: str, version: int
) -> Callable[[Callable[P, "Report | Finished | None"]], Stage[P]]:
    """Make a stage of a function that reads and writes files.

    The function declares its files by annotation (`InFile`, `InFiles`, `OutFile`, `OutDir`); every
    other argument is a parameter of the claim. Outputs are given to it as temporary paths, and are
    published when it returns. Raise ``version`` when the meaning of the outputs changes in a way
    that the code can't show.

    Law: a call whose inputs, code, parameters and environment are unchanged, and whose outputs hold
    the recorded bytes, does not run the function.

    Raises:
        ContractError: the name is unusable, the version is negative, or the function is a coroutine
            or a generator.
    """
    demand_identity(stage, version)

    def decorate(function: Callable[P, "Report | Finished | None"]) -> Stage[P]:
        demand_function(function, stage)
        demand_plain(function, stage)
        if inspect.isgeneratorfunction(function):
            raise ContractError(f"the stage {stage} is a generator", "make it a plain function")
        return Stage(function, stage, version)

    return decorate


def demand_identity(stage: str, version: int) -> None:
    """Refuse a name or a version that no stage can have.

    Raises:
        ContractError: saying which.
    """
    if not isinstance(stage, str) or not STAGE_NAME.fullmatch(stage):
        raise ContractError(
            f"{stage!r} can't name a stage", "use letters, digits, '_', '-' and '.', at most 100"
        )
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise ContractError(f"the version of stage {stage} is {version!r}", "count from 1")


def demand_function(function: Callable[..., object], stage: str) -> None:
    """Refuse what is no function whose code can be found.

    Raises:
        ContractError: it is an object, or a method of one or of a class.
    """
    if _is_method(function):
        raise ContractError(
            f"the stage {stage} is a method ({function.__qualname__}), and what its object holds "
            "no key sees",
            "move it out of the class: write a function (def) at the top of the module that takes "
            "these values as parameters",
        )
    owner = getattr(function, "__self__", None)
    is_of_object = inspect.ismethod(function) and not isinstance(owner, type)
    if is_of_object or not hasattr(function, "__qualname__"):
        raise ContractError(
            f"the stage {stage} is made of an object ({type(owner or function).__name__}), "
            "whose values no key sees",
            "write a function (def) that takes these values as parameters, and calls it",
        )


def _is_method(function: Callable[..., object]) -> bool:
    """Whether a function is defined in a class and is to be given its object, or the class."""
    name = getattr(function, "__qualname__", "").rpartition(".")[0]
    if not name or name.endswith("<locals>") or not inspect.isfunction(function):
        return False
    return function.__code__.co_varnames[: function.__code__.co_argcount][:1] in {
        ("self",),
        ("cls",),
    }


def demand_plain(function: Callable[..., object], stage: str) -> None:
    """Refuse a function that gives back a promise instead of a result.

    Raises:
        ContractError: it is a coroutine.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise ContractError(f"the stage {stage} is a coroutine", "make it a plain function")


def _demand_started(stage: str) -> None:
    """Refuse a call from a worker process that is only importing the script which started it.

    It would wait for the lock of the call that waits for it. Python's own refusal to start
    processes there (`multiprocessing.spawn`) asks the same.
    """
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and getattr(processes.current_process(), "_inheriting", False):
        raise ContractError(
            f"the stage {stage} is called while a worker process starts",
            'call it below `if __name__ == "__main__":`, which a worker does not run',
        )


withReceipt = with_receipt  # noqa: N816 - the design's card has this spelling
