"""Spreading work over processes: results in the order of the jobs, for any number of workers.

A worker makes its own function from what it is given at its start. It is forked where this process
has no other thread, which costs milliseconds, and else started anew, which costs an import. What
can't be sent to a process that is started anew (a stage inside of a function) is computed here.
"""

import gc
import os
import pickle
import threading
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeVar

from distill.receipts.incremental.worker_count import number_of_workers, works_by_grant

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from distill.receipts.incremental.pool import Coming, WorkerPool

#: So many bytes are worked on in this process: starting workers for less costs more.
WORTH_WORKERS: Final = 4 * 1024 * 1024
_AHEAD: Final = 4  # jobs before the one that is waited for, a worker
_MOST_WAITING: Final = 4096

Job = TypeVar("Job")
Result = TypeVar("Result")

_lock = threading.Lock()
_hired = 0  # by all threads of this process


@dataclass(frozen=True, slots=True)
class Known(Generic[Result]):
    """A result that needs no work, at its place among the jobs."""

    result: Result


def in_order(
    start: Callable[..., Callable[[Any], Any]],
    given: tuple[object, ...],
    jobs: Iterable[tuple[Any, int] | Known[Any]],
    *,
    worth: int | None = None,
    before: Callable[[], object] | None = None,
) -> Generator[Any, None, None]:
    """Yield ``start(*given)(job)`` for every job, given with its size in bytes, in order.

    Only a few results wait in memory. Where there is little to do, fewer bytes than ``worth`` (or
    `WORTH_WORKERS`), it is done here; else workers are started, and ``start`` is called once in
    each. ``before`` is called first where they are forked: what it imports all of them have, and so
    has this process for what comes later. Several threads that do so at once share the number of
    workers, and each has one at least.

    Raises:
        ConfigurationError: see `number_of_workers`.
        Exception: what a job raised, at its place in the order.
        ContractError: a worker ended before its work was done.
    """
    crew = _Crew(start, given, WORTH_WORKERS if worth is None else worth, before=before)
    try:
        for job in jobs:
            crew.take(job)
            yield from crew.ready()
        yield from crew.rest()
    finally:
        crew.close()


@contextmanager
def all_begun(
    start: Callable[..., Callable[[Any], Any]],
    given: tuple[object, ...],
    jobs: Iterable[tuple[Any, int]],
    *,
    worth: int | None = None,
) -> Iterator[Iterator[Any]]:
    """Yield an iterator of what `in_order` yields, for jobs that are all begun before.

    This process can do something else meanwhile. Without workers all are done before; where they
    would not be worth while, each is done when its result is asked for. A worker is given a job
    when it has told of the one before: they may be of very different sizes.

    Raises:
        Exception: see `in_order`.
    """
    crew = _Crew(start, given, WORTH_WORKERS if worth is None else worth, ahead=1)
    try:
        for job in jobs:
            crew.take(job)
        yield crew.rest()
    finally:
        crew.close()


class Awaited(Generic[Result]):
    """Results of some growing numbers, in their order, of which not all may be asked for."""

    def __init__(self, numbers: Iterable[int], results: Iterator[Result]) -> None:
        self._numbers = array("Q", numbers)
        self._next = 0
        self._results = results

    def __contains__(self, number: int) -> bool:
        """Whether a result of this number comes, or came."""
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number

    def of(self, number: int) -> Result:
        """Return the result of a number, which is greater than the one asked for before."""
        for result in self._results:
            self._next += 1
            if self._numbers[self._next - 1] == number:
                return result
        message = f"no result of {number} comes any more"
        raise AssertionError(message)


class _Held(NamedTuple):
    """A job that waits to see whether workers are worth while."""

    job: Any


class _Crew:
    """This process, and workers as soon as they are worth while."""

    def __init__(
        self,
        start: Callable[..., Callable[[Any], Any]],
        given: tuple[object, ...],
        worth: int,
        ahead: int = _AHEAD,
        before: Callable[[], object] | None = None,
    ) -> None:
        self._before = before
        self._start, self._given, self._worth, self._most_ahead = start, given, worth, ahead
        self._own: Callable[[Any], Any] | None = None
        self._workers = number_of_workers()
        self._pool: WorkerPool | None = None
        self._waiting: deque[Known[Any] | Coming | _Held] = deque()
        self._ahead = 0
        self._held = 0  # bytes of jobs that wait

    def take(self, job: tuple[Any, int] | Known[Any]) -> None:
        if isinstance(job, Known):
            self._waiting.append(job)
        elif self._pool is not None:
            self._waiting.append(self._submitted(self._pool, job[0]))
        elif not self._has_workers():
            self._waiting.append(Known(self._done(job[0])))
        else:
            self._waiting.append(_Held(job[0]))
            self._held += job[1]
            if self._held >= self._worth:
                self._hire()

    def ready(self) -> Iterator[Any]:
        """Yield what need not be waited for, and wait where too much is ahead."""
        while self._waiting and (
            isinstance(self._waiting[0], Known)
            or self._ahead > self._workers * self._most_ahead
            or len(self._waiting) > _MOST_WAITING
        ):
            yield self._next()

    def rest(self) -> Iterator[Any]:
        while self._waiting:
            yield self._next()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            _give_back(self._workers)

    def _next(self) -> Any:
        first = self._waiting.popleft()
        if isinstance(first, Known):
            return first.result
        if isinstance(first, _Held):
            return self._done(first.job)
        self._ahead -= 1
        return first.result()

    def _done(self, job: Any) -> Any:
        if self._own is None:
            self._own = self._start(*self._given)
        return self._own(job)

    def _has_workers(self) -> bool:
        if works_by_grant() and self._workers == 1 and may_fork():
            self._workers = number_of_workers()
        if self._workers > 1 and not self._held and not can_travel((self._start, self._given)):
            self._workers = 1
        return self._workers > 1

    def _hire(self) -> None:
        if self._before is not None and may_fork():
            self._before()
        self._workers = _take_share(self._workers)
        try:
            pool = hire(self._workers, self._start, self._given, self._most_ahead)
        except BaseException:
            _give_back(self._workers)
            raise
        self._pool = pool
        self._waiting = deque(
            self._submitted(pool, one.job) if isinstance(one, _Held) else one
            for one in self._waiting
        )

    def _submitted(self, pool: "WorkerPool", job: Any) -> "Coming":
        self._ahead += 1
        return pool.submit(job)


def _take_share(number: int) -> int:
    """Return how many of so many workers a thread may hire, at least one."""
    global _hired  # noqa: PLW0603 - a process has one number of cores
    with _lock:
        share = max(1, number - _hired)
        _hired += share
    return share


def _give_back(number: int) -> None:
    global _hired  # noqa: PLW0603 - see above
    with _lock:
        _hired -= number


def hire(
    number: int, start: Callable[..., Callable[[Any], Any]], given: tuple[object, ...], ahead: int
) -> "WorkerPool":
    """Return so many workers, of which each has a function of its own, ``start(*given)``.

    Each has ``ahead`` jobs at hand, where they are small.
    """
    # Late: most runs have little to do, and start no process.
    from distill.receipts.incremental.pool import WorkerPool  # noqa: PLC0415

    return WorkerPool(number, start, given, _way_to_start(), ahead)


def executor(
    number: int, begin: Callable[..., None], given: tuple[object, ...]
) -> "ProcessPoolExecutor":
    """Return so many workers, which end with this process; each calls ``begin(*given)`` first."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - see above
    from multiprocessing import get_context  # noqa: PLC0415

    context = get_context(_way_to_start())
    return ProcessPoolExecutor(
        number, context, initializer=_enter, initargs=(begin, given, gc.get_threshold())
    )


def may_fork() -> bool:
    """Whether a fork is safe: no other thread may hold a lock that the child would wait for."""
    return hasattr(os, "fork") and threading.active_count() == 1


def _way_to_start() -> Literal["fork", "spawn"]:
    return "fork" if may_fork() else "spawn"


def can_travel(given: object) -> bool:
    """Whether workers can be given this: forked ones have it, others get it pickled."""
    if may_fork():
        return True
    try:
        pickle.dumps(given)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _enter(
    begin: Callable[..., None], given: tuple[object, ...], threshold: tuple[int, int, int]
) -> None:
    from distill.receipts.incremental.pool import enter_worker  # noqa: PLC0415 - see `hire`

    enter_worker(threshold)
    begin(*given)
