"""Spreading work over processes: results in the order of the jobs, for any number of workers.

A worker makes its own function from what it is given at its start. It is forked where this process
has no other thread, which costs milliseconds, and else started anew, which costs an import. What
can't be sent to a process that is started anew (a stage inside of a function) is computed here.
"""

import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from distill.errors import ConfigurationError, ContractError

WORKERS: Final = "DISTILL_WORKERS"
_WAITING: Final = 4  # jobs ahead of the one that is waited for, a worker

Job = TypeVar("Job")
Result = TypeVar("Result")

_function: Callable[[Any], Any]


def number_of_workers() -> int:
    """Return how many processes may work: ``DISTILL_WORKERS``, or the cores that we may use.

    Raises:
        ConfigurationError: the variable is no number from 1 on.
    """
    text = os.environ.get(WORKERS, "")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not text.isdigit() or int(text) < 1:
        raise ConfigurationError(f"{WORKERS} is {text[:40]!r}", "give a number from 1 on")
    return int(text)


def in_order(
    start: Callable[..., Callable[[Job], Result]],
    given: tuple[object, ...],
    jobs: Sequence[Job],
    workers: int,
) -> Iterator[Result]:
    """Yield ``start(*given)(job)`` for every job, in order; at most a few results wait in memory.

    Where there are several workers, ``start`` is called once in each.

    Raises:
        Exception: what a job raised, at its place in the order.
        ContractError: a worker ended before its work was done.
    """
    if workers <= 1 or len(jobs) <= 1 or not _can_travel((start, given)):
        function = start(*given)
        yield from map(function, jobs)
        return
    yield from _spread(start, given, jobs, workers)


def _spread(
    start: Callable[..., Callable[[Job], Result]],
    given: tuple[object, ...],
    jobs: Sequence[Job],
    workers: int,
) -> Iterator[Result]:
    # Late: most runs have little to do, and start no process.
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    context = get_context("fork" if _may_fork() else "spawn")
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), context, initializer=_begin, initargs=(start, given)
    )
    try:
        waiting = iter(jobs)
        futures = deque(pool.submit(_work, job) for job in islice(waiting, workers * _WAITING))
        while futures:
            result = futures.popleft().result()
            futures.extend(pool.submit(_work, job) for job in islice(waiting, 1))
            yield result
    except BrokenProcessPool as error:
        raise ContractError(
            "a worker process ended before its work was done",
            'keep what a script does below `if __name__ == "__main__":` and its stages in a module '
            f"that can be imported; where memory ran out, set {WORKERS} lower",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _may_fork() -> bool:
    """Whether a fork is safe: no other thread may hold a lock that the child would wait for."""
    return hasattr(os, "fork") and threading.active_count() == 1


def _can_travel(given: object) -> bool:
    """Whether workers can be given this: forked ones have it, others get it pickled."""
    if _may_fork():
        return True
    try:
        pickle.dumps(given)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _begin(start: Callable[..., Callable[[Any], Any]], given: tuple[object, ...]) -> None:
    global _function  # noqa: PLW0603 - a worker has one function for its life
    _function = start(*given)


def _work(job: Any) -> Any:
    return _function(job)
