"""Calls of stages in a pool of processes, where this one can't be forked for each of them.

They are started when the first call needs them, and what they are to call is pickled.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING

from distill.receipts.incremental.pool import ended_early
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.incremental.workers import executor
from distill.receipts.outcome import Outcome
from distill.receipts.processes.call_workers import CallWorkers
from distill.receipts.processes.forked import MEANWHILE
from distill.receipts.processes.travelling import ToldOutcome, outcome_of, that_travels, told_of
from distill.receipts.recording import Later
from distill.receipts.scope import Scopes

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

_calls: Sequence[Later] = ()  # in a process that was started for them


class PooledCalls(CallWorkers):
    """The calls that run in the processes of a pool."""

    def __init__(self, calls: Sequence[Later], most: int, scopes: Scopes) -> None:
        super().__init__(calls, most)
        self._scopes = scopes
        self._pool: ProcessPoolExecutor | None = None
        self._running: dict[Future[ToldOutcome], int] = {}

    def close(self) -> None:
        """Wait for the end of what runs."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, number: int) -> None:
        if self._pool is None:
            self._pool = executor(self.most, _enter, (self.calls, self._scopes))
        self._running[self._pool.submit(_work, number)] = number

    def _ended(
        self, meanwhile: Callable[[], None] | None
    ) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        ended: set[Future[ToldOutcome]] = set()
        while not ended:
            timeout = None if meanwhile is None else MEANWHILE
            ended, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
            if meanwhile is not None:
                meanwhile()
        for one in ended:
            yield self._running.pop(one), partial(self._outcome, one)

    def _outcome(self, one: Future[ToldOutcome]) -> Outcome:
        try:
            told = one.result()
        except BrokenProcessPool as error:
            raise ended_early() from error
        return outcome_of(self._scopes.workspace, told)


def _enter(calls: Sequence[Later], scopes: Scopes) -> None:
    """Make a process ready: it makes calls as if it were the one that started it."""
    global _calls  # noqa: PLW0603 - a process has one list for its life
    os.environ[WORKERS] = "1"
    scopes.enter()
    _calls = calls


def _work(number: int) -> ToldOutcome:
    try:
        outcome = _calls[number]()
    except Exception as error:  # noqa: BLE001 - raised again, where it is waited for
        raise that_travels(error) from None
    return told_of(outcome)
