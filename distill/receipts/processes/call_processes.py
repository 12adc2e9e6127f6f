"""Which processes make calls of stages: those that are forked for each, or those of a pool."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from distill.receipts.incremental.workers import can_travel
from distill.receipts.processes.call_workers import CallWorkers
from distill.receipts.processes.forked_calls import ForkedCalls
from distill.receipts.processes.own_process import may_be_elsewhere
from distill.receipts.recording import Later
from distill.receipts.scope import Scopes


@contextmanager
def call_workers(calls: Sequence[Later], most: int) -> Iterator[CallWorkers]:
    """Yield what makes these calls in at most so many processes, and ends them behind it."""
    scopes = Scopes.here()
    most = min(most, len(calls))
    if most > 1 and not may_be_elsewhere():
        if can_travel((calls, scopes)):
            # Late: it needs much of the library, which most runs do not.
            from distill.receipts.processes.pooled_calls import PooledCalls  # noqa: PLC0415

            pooled = PooledCalls(calls, most, scopes)
            try:
                yield pooled
            finally:
                pooled.close()
            return
        most = 1
    with ExitStack() as processes:
        yield ForkedCalls(calls, most, scopes, processes)
