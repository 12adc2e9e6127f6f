"""Calls of stages of which each has a process of its own, that is forked for it.

As long as there are as many as may work, each has one worker. Where fewer are left, they are
granted the others: a call that takes longer than those beside it ends with all cores.
"""

import gc
import os
import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial

from distill.receipts.incremental.worker_count import WORKERS, Grant, work_by_grant
from distill.receipts.outcome import Outcome
from distill.receipts.processes.call_workers import CallWorkers
from distill.receipts.processes.forked import MEANWHILE, ForkedProcess
from distill.receipts.processes.own_process import begun, made
from distill.receipts.processes.travelling import ToldOutcome, outcome_of, told_of
from distill.receipts.recording import Later
from distill.receipts.scope import Scopes


class ForkedCalls(CallWorkers):
    """The calls of which each runs in a process that is forked for it.

    All are waited for where ``processes`` ends.
    """

    def __init__(
        self, calls: Sequence[Later], most: int, scopes: Scopes, processes: ExitStack
    ) -> None:
        super().__init__(calls, most)
        self._scopes, self._processes = scopes, processes
        self._running: dict[int, tuple[int, ForkedProcess]] = {}
        self._grants: dict[int, Grant] = {}  # by number, in the order in which they began
        self._ready = select.poll()

    def _begin(self, number: int) -> None:
        grant = self._grants[number] = Grant(1)
        process = self._processes.enter_context(begun(partial(_make, self.calls[number], grant)))
        self._running[process.told] = number, process
        self._ready.register(process.told, select.POLLIN)

    def _ended(
        self, meanwhile: Callable[[], None] | None
    ) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        self._share()
        ready: list[tuple[int, int]] = []
        while not ready:
            ready = self._ready.poll(None if meanwhile is None else MEANWHILE * 1000)
            if meanwhile is not None:
                meanwhile()
        for told, _ in ready:
            self._ready.unregister(told)
            number, process = self._running.pop(told)
            del self._grants[number]
            yield number, partial(self._outcome, process.answer())

    def _share(self) -> None:
        """Grant those that run all that may work: nothing else begins before one of them ends."""
        each, more = divmod(self.most, len(self._grants))
        for at, grant in enumerate(self._grants.values()):
            grant.number = each + (at < more)

    def _outcome(self, answer: object) -> Outcome:
        return outcome_of(self._scopes.workspace, made(answer))


def _make(call: Later, grant: Grant) -> ToldOutcome:
    """Make a call, in the process that was forked for it."""
    os.environ[WORKERS] = "1"  # for what it starts, and for `rereading`, which has no grant
    work_by_grant(grant)
    gc.freeze()  # what was forked with this process stays: to look through it would copy its pages
    return told_of(call())
