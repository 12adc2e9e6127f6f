"""`receipt_task`: a Prefect task whose cache is the receipt.

The rules:

1. The receipt alone decides whether a stage runs; Prefect's own cache and result store are off, so
   that there is one set of books.
2. A skipped stage ends as the state `Cached` with the reason; whoever asks for the result, by a
   call, by `.result()` or by passing a future on, gets the outcome.
3. Outputs and receipt are published inside the task's body, never in a hook: a hook that fails
   leaves the task Completed.
4. Outside of a task run, `.fn()` is the plain stage and needs no server.
"""

import copyreg
import functools
import sys
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

from prefect import Task, get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.events import emit_event
from prefect.states import Completed

from distill.errors import ConfigurationError, DistillError
from distill.prefect.artifacts import artifact_key, publish_outcome
from distill.receipts import Outcome, Stage, trigger_scope, with_receipt

P = ParamSpec("P")
R = TypeVar("R", bound=Outcome)

_DECIDED_HERE: Final = (
    "cache_policy",
    "cache_key_fn",
    "cache_expiration",
    "refresh_cache",
    "persist_result",
    "on_commit",
    "on_rollback",
)


class ReceiptTask(Task[P, R]):
    """A task whose direct call gives the outcome where Prefect gives the state Cached."""

    # Callers see the types of Prefect's overloads: `receipt_task` returns a `Task[P, R]`.
    def __call__(  # type: ignore[override]
        self, *args: Any, return_state: bool = False, **kwargs: Any
    ) -> Any:
        """Run the task; see Prefect's `Task.__call__`."""
        call: Any = super().__call__
        found = call(*args, return_state=return_state, **kwargs)
        return found.result() if isinstance(found, State) and not return_state else found

    def with_options(self, **options: Any) -> Task[P, R]:
        """Return a task with other options; see Prefect's `Task.with_options`.

        Raises:
            ConfigurationError: an option would give the task a cache or a store of Prefect's.
        """
        _refuse_caches(options)
        made = super().with_options(**options)
        made.__class__ = ReceiptTask
        return made


@overload
def receipt_task(fn: Callable[P, R], /, **task_options: Any) -> Task[P, R]: ...
@overload
def receipt_task(
    fn: None = None, /, **task_options: Any
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def receipt_task(
    fn: Callable[P, R] | None = None, /, **task_options: Any
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Return a Prefect task that calls a stage: any callable that returns an `Outcome`.

    `task_options` are those of Prefect's `task` (name, retries, tags, …). Works as a decorator too,
    above `with_receipt`, with options or without.

    Raises:
        ConfigurationError: an option would give the task a cache or a store of Prefect's.
    """
    _refuse_caches(task_options)
    if fn is None:
        return functools.partial(_make_task, task_options=task_options)
    return _make_task(fn, task_options=task_options)


def _refuse_caches(options: dict[str, Any]) -> None:
    refused = sorted(set(options).intersection(_DECIDED_HERE))
    if refused:
        raise ConfigurationError(
            f"a task with a receipt takes no {refused[0]}: the receipt is the cache",
            "leave it away; `distill status` says what would run, and why",
        )


def _make_task(fn: Callable[P, R], *, task_options: dict[str, Any]) -> Task[P, R]:
    @functools.wraps(fn, updated=())
    def body(*args: P.args, **kwargs: P.kwargs) -> R:
        context = TaskRunContext.get()
        if context is None:
            return fn(*args, **kwargs)
        return _run_stage(functools.partial(fn, *args, **kwargs), context)

    options: dict[str, Any] = {"name": fn.__name__, **task_options}
    return ReceiptTask(body, cache_policy=NO_CACHE, persist_result=False, **options)


def _reduce_stage(stage: Stage[...]) -> str | tuple[Any, ...]:
    """Let a stage travel by its name, as functions do; under `receipt_task` that is the task's.

    There it travels by value, which Prefect's cloudpickle can do: `flow.serve` sends the flow of a
    script to its processes so.
    """
    inner = stage.__wrapped__
    if getattr(sys.modules.get(inner.__module__), inner.__qualname__, None) is stage:
        return inner.__qualname__
    return _restore_stage, (inner, stage.stage, stage.version)


def _restore_stage(inner: Callable[..., Any], name: str, version: int) -> Stage[...]:
    return with_receipt(stage=name, version=version)(inner)


copyreg.pickle(Stage, _reduce_stage)


def _run_stage(stage: Callable[[], R], context: TaskRunContext) -> R:
    logger = get_run_logger()
    run = context.task_run
    try:
        with trigger_scope("prefect", f"flow-run/{run.flow_run_id or run.id}"):
            outcome = stage()
    except DistillError as error:
        if error.hint:
            logger.warning("hint: %s", error.hint)
        raise
    logger.info("%s: %s", outcome.status, outcome.reason)
    publish_outcome(outcome)
    _emit(outcome)
    if outcome.skipped:
        # Prefect unwraps a state that a task returns into the state's data.
        return cast("R", Completed(name="Cached", message=outcome.reason, data=outcome))
    return outcome


def _emit(outcome: Outcome) -> None:
    """Tell automations what became of the stage: `distill.stage.ran` or `distill.stage.skipped`."""
    stage = outcome.receipt.claim.stage
    emit_event(
        event=f"distill.stage.{outcome.status}",
        resource={
            "prefect.resource.id": f"distill.stage.{artifact_key(stage)}",
            "prefect.resource.name": stage,
        },
        payload={"receipt": str(outcome.digest), "reason": outcome.reason},
    )
