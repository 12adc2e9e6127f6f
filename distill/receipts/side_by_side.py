"""`side_by_side`: stages that don't wait for each other run in processes of their own.

Which one waits for which follows from the files: a call that reads what an earlier one of the list
writes waits for it, and so does one that writes to the same places.

Law: outputs and claims are those of the same calls one after another, in the order of the list.
Which of two independent runs the ledger names first is left to time.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from distill.errors import ContractError
from distill.receipts.binding import Call
from distill.receipts.claims import is_at_or_below
from distill.receipts.digest import Digest
from distill.receipts.outcome import Outcome, Stored
from distill.receipts.recording import Later
from distill.receipts.scope import Scopes, current_workspace

if TYPE_CHECKING:  # what only two stages at once need
    from concurrent.futures import Future, ProcessPoolExecutor

_Told = tuple[Literal["ran", "skipped"], str, Digest, tuple[str, ...], tuple[str, ...]]
_calls: Sequence[Later] = ()  # in a process that was started for them


def side_by_side(*calls: Later) -> tuple[Outcome, ...]:
    """Make all calls, several at once where they can be; return their outcomes in order.

    As many processes work as there are cores, or as ``DISTILL_WORKERS`` says. What has nothing to
    do, and what nothing could run beside, runs in this one.

    Raises:
        Exception: what the first call of the list that failed raised. Those that had begun are
            waited for, and what waited for nothing else is not begun any more.
        ConfigurationError: ``DISTILL_WORKERS`` is no number from 1 on.
    """
    workspace = current_workspace()
    bound = [one.bind(workspace) for one in calls]
    done = _skipped(calls, bound)
    if len(done) == len(calls):
        return tuple(done)
    waits = [
        frozenset(before for before in range(number) if _waits(bound[number], bound[before]))
        for number in range(len(calls))
    ]
    with _running(calls) as running:
        known = dict(enumerate(done))
        schedule = _Schedule(calls, bound, waits, running, known, busy={len(done)})
        schedule.run()
    return schedule.outcomes()


@dataclass
class _Schedule:
    """Which calls are done, which are running, and which failed.

    ``busy`` were asked already, and have something to do.
    """

    calls: Sequence[Later]
    bound: Sequence[Call]
    waits: Sequence[frozenset[int]]
    running: "_Running"
    done: dict[int, Outcome]
    failed: dict[int, Exception] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Make the calls, each as soon as what it waits for is done."""
        pending = set(range(len(self.done), len(self.calls)))
        while pending or self.running.numbers:
            ready = [one for one in sorted(pending) if self.waits[one] <= self.done.keys()]
            if self.failed:
                ready, pending = [], set()
            began = self._begin(ready)
            pending -= began
            if not began:
                self._take()

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return all outcomes, or raise the first failure."""
        for number in sorted(self.failed):
            raise self.failed[number]
        return tuple(self.done[number] for number in range(len(self.calls)))

    def _begin(self, ready: Sequence[int]) -> set[int]:
        """Begin what can be begun; return its numbers."""
        for number in ready:
            if number in self.busy:
                continue
            skipped = self.calls[number].skipped(self.bound[number])
            if skipped is not None:
                self.done[number] = skipped
                return {number}
            self.busy.add(number)
        alone = len(ready) == 1 and not self.running.numbers
        if ready and (alone or self.running.is_alone):
            self._run_here(ready[0])
            return {ready[0]}
        return {number for number in ready if self.running.begin(number)}

    def _run_here(self, number: int) -> None:
        try:
            self.done[number] = self.calls[number]()
        except Exception as error:  # noqa: BLE001 - raised again in its turn
            self.failed[number] = error

    def _take(self) -> None:
        for number, result in self.running.ended():
            try:
                self.done[number] = result()
            except Exception as error:  # noqa: BLE001 - raised again in its turn
                self.failed[number] = error


@dataclass
class _Running:
    """The calls that run in other processes, which are started when the first one needs them."""

    calls: Sequence[Later]
    most: int
    scopes: Scopes
    numbers: "dict[Future[_Told], int]" = field(default_factory=dict)
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

    def ended(self) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        """Wait until some end; yield their numbers with what returns the outcome or raises."""
        from concurrent.futures import FIRST_COMPLETED, wait  # noqa: PLC0415

        ended, _ = wait(self.numbers, return_when=FIRST_COMPLETED)
        for one in ended:
            yield self.numbers.pop(one), partial(self._outcome, one)

    def _outcome(self, one: "Future[_Told]") -> Outcome:
        from distill.receipts.incremental.workers import explained  # noqa: PLC0415

        with explained():
            status, reason, digest, set_aside, left_alone = one.result()
        stored = Stored(self.scopes.workspace, digest)
        return Outcome(status, reason, stored, digest, set_aside, left_alone)

    def _hired(self) -> "ProcessPoolExecutor":
        if self.pool is None:
            from distill.receipts.incremental.workers import hire  # noqa: PLC0415

            self.pool = hire(self.most, _enter, (self.calls, self.scopes))
        return self.pool


@contextmanager
def _running(calls: Sequence[Later]) -> Iterator[_Running]:
    from distill.receipts.incremental.workers import can_travel, number_of_workers  # noqa: PLC0415

    scopes = Scopes.here()
    most = min(number_of_workers(), len(calls))
    if most > 1 and not can_travel((calls, scopes)):
        most = 1
    running = _Running(calls, most, scopes)
    try:
        yield running
    finally:
        if running.pool is not None:
            running.pool.shutdown(wait=True, cancel_futures=True)


def _skipped(calls: Sequence[Later], bound: Sequence[Call]) -> list[Outcome]:
    """Return the outcomes of the calls before the first one that has something to do."""
    found: list[Outcome] = []
    for one, call in zip(calls, bound, strict=True):
        outcome = one.skipped(call)
        if outcome is None:
            break
        found.append(outcome)
    return found


def _waits(call: Call, earlier: Call) -> bool:
    """Whether a call reads or writes where an earlier one writes, or writes what that one reads."""
    written = [one.path for one in call.targets]
    read = [one.recorded for one in call.inputs]
    before = [one.path for one in earlier.targets]
    read_before = [one.recorded for one in earlier.inputs]
    return _overlap([*read, *written], before) or _overlap(written, read_before)


def _overlap(places: Sequence[str], others: Sequence[str]) -> bool:
    return any(
        is_at_or_below(place, other) or is_at_or_below(other, place)
        for place in places
        for other in others
    )


def _enter(calls: Sequence[Later], scopes: Scopes) -> None:
    """Make a process ready: it makes calls as if it were the one that started it."""
    global _calls  # noqa: PLW0603 - a process has one list for its life
    from distill.receipts.incremental.workers import WORKERS  # noqa: PLC0415

    os.environ[WORKERS] = "1"  # the cores are busy with what runs beside
    scopes.enter()
    _calls = calls


def _work(number: int) -> _Told:
    try:
        outcome = _calls[number]()
    except Exception as error:  # noqa: BLE001 - raised again, where it is waited for
        raise _that_travels(error) from None
    return (
        outcome.status,
        outcome.reason,
        outcome.digest,
        outcome.set_aside,
        outcome.left_alone,
    )


def _that_travels(error: Exception) -> Exception:
    """Return an error that can be told to another process."""
    import pickle  # noqa: PLC0415 - few fail

    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever its own methods raise
        return ContractError(f"{type(error).__name__}: {error}")
    return error
