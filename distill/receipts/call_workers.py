"""Processes that make calls of stages, for `distill.receipts.several_calls`.

They are started when the first call needs them, and each makes its calls with one worker: the cores
are busy with what runs beside it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from distill.receipts.forked import MEANWHILE
from distill.receipts.incremental.workers import WORKERS, can_travel, executor
from distill.receipts.outcome import Outcome
from distill.receipts.recording import Later
from distill.receipts.scope import Scopes
from distill.receipts.travelling import ToldOutcome, outcome_of, that_travels, told_of

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

_calls: Sequence[Later] = ()  # in a process that was started for them


@contextmanager
def call_workers(calls: Sequence[Later], most: int) -> Iterator["CallWorkers"]:
    """Yield what makes these calls in at most so many processes, and ends them behind it."""
    scopes = Scopes.here()
    most = min(most, len(calls))
    if most > 1 and not can_travel((calls, scopes)):
        most = 1
    running = CallWorkers(calls, most, scopes)
    try:
        yield running
    finally:
        if running.pool is not None:
            running.pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class CallWorkers:
    """The calls that run in other processes."""

    calls: Sequence[Later]
    most: int
    scopes: Scopes
    numbers: dict[Future[ToldOutcome], int] = field(default_factory=dict)
    pool: "ProcessPoolExecutor | None" = None

    @property
    def is_alone(self) -> bool:
        """Whether nothing can run beside this process."""
        return self.most < 2

    def begin(self, number: int) -> bool:
        """Begin a call, unless as many run as may."""
        if len(self.numbers) >= self.most:
            return False
        self.numbers[self._hired().submit(_work, number)] = number
        return True

    def ended(
        self, meanwhile: Callable[[], None] | None = None
    ) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        """Wait until some end; yield their numbers with what returns the outcome or raises."""
        ended: set[Future[ToldOutcome]] = set()
        while self.numbers and not ended:
            timeout = None if meanwhile is None else MEANWHILE
            ended, _ = wait(self.numbers, timeout=timeout, return_when=FIRST_COMPLETED)
            if meanwhile is not None:
                meanwhile()
        for one in ended:
            yield self.numbers.pop(one), partial(self._outcome, one)

    def _outcome(self, one: Future[ToldOutcome]) -> Outcome:
        # Late: where one process makes all calls none is told of.
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

        from distill.receipts.incremental.pool import ended_early  # noqa: PLC0415

        try:
            told = one.result()
        except BrokenProcessPool as error:
            raise ended_early() from error
        return outcome_of(self.scopes.workspace, told)

    def _hired(self) -> "ProcessPoolExecutor":
        if self.pool is None:
            self.pool = executor(self.most, _enter, (self.calls, self.scopes))
        return self.pool


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
