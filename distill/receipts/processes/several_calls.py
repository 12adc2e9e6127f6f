"""`side_by_side`: stages that don't wait for each other run in processes of their own.

Which one waits for which follows from the files: a call that reads what an earlier one of the list
writes waits for it, and so does one that writes to the same places.

Law: outputs and claims are those of the same calls one after another, in the order of the list.
Which of two independent runs the ledger names first is left to time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from distill.receipts.binding import Call
from distill.receipts.look import Look
from distill.receipts.outcome import Outcome
from distill.receipts.paths import is_at_or_below
from distill.receipts.recording import Later
from distill.receipts.scope import current_workspace
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:  # what only two stages at once need
    from distill.receipts.processes.call_workers import CallWorkers


def _number_of_workers() -> int:
    from distill.receipts.incremental.worker_count import number_of_workers  # noqa: PLC0415

    return number_of_workers()


class Manner(NamedTuple):
    """How several calls are made.

    ``most`` says how many processes may work, and is asked when there is something to do. ``ended``
    is told of each call that ended well, by its number in the list. What follows holds where
    several run at once, and one after another nothing of it does: ``first`` are the numbers of
    those that are begun before others which are ready, ``goes_on`` is whether a failure keeps only
    those back that wait for it, and ``meanwhile`` is called some times a second.
    """

    most: Callable[[], int] = _number_of_workers
    ended: Callable[[int, Outcome], None] = lambda _number, _outcome: None
    first: Sequence[int] = ()
    goes_on: bool = False
    meanwhile: Callable[[], None] | None = None


def side_by_side(*calls: Later) -> tuple[Outcome, ...]:
    """Make all calls, several at once where they can be; return their outcomes in order.

    As many processes work as there are cores, or as ``DISTILL_WORKERS`` says. What has nothing to
    do, and what nothing could run beside, runs in this one.

    Raises:
        Exception: what the first call of the list that failed raised. Those that had begun are
            waited for, and what waited for nothing else is not begun any more. An argument that
            is at fault is told before any call is made.
        ConfigurationError: ``DISTILL_WORKERS`` is no number from 1 on.
    """
    return make_calls(calls, Manner())


def make_calls(calls: Sequence[Later], manner: Manner) -> tuple[Outcome, ...]:
    """Make all calls as `side_by_side` does, in this manner.

    Raises:
        Exception: see `side_by_side`.
    """
    workspace = current_workspace()
    bound = [one.bind(workspace) for one in calls]
    done = _skipped(workspace, calls, bound)
    for number, outcome in enumerate(done):
        manner.ended(number, outcome)
    if len(done) == len(calls):
        return tuple(done)
    waits = [
        frozenset(before for before in range(number) if _waits(bound[number], bound[before]))
        for number in range(len(calls))
    ]
    from distill.receipts.processes.call_processes import call_workers  # noqa: PLC0415 - a run needs it

    with call_workers(calls, manner.most()) as running:
        if running.is_alone:
            manner = manner._replace(first=(), goes_on=False)
        known = dict(enumerate(done))
        schedule = _Schedule(
            workspace, calls, bound, waits, running, manner, known, busy={len(done)}
        )
        schedule.run()
    return schedule.outcomes()


@dataclass
class _Schedule:
    """Which calls are done, which are running, and which failed.

    ``busy`` were asked already, and have something to do.
    """

    workspace: Workspace
    calls: Sequence[Later]
    bound: Sequence[Call]
    waits: Sequence[frozenset[int]]
    running: "CallWorkers"
    manner: Manner
    done: dict[int, Outcome]
    failed: dict[int, Exception] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Make the calls, each as soon as what it waits for is done."""
        pending = set(range(len(self.done), len(self.calls)))
        while pending or self.running.numbers:
            if self.failed and not self.manner.goes_on:
                pending = set()
            ready = [one for one in sorted(pending) if self.waits[one] <= self.done.keys()]
            began = self._begin(ready)
            pending -= began
            if not began and not self._take():
                return

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
            skipped = _skipped(self.workspace, [self.calls[number]], [self.bound[number]])
            if skipped:
                self._end(number, skipped[0])
                return {number}
            self.busy.add(number)
        alone = len(ready) == 1 and not self.running.numbers
        if ready and (alone or self.running.is_alone):
            self._result(ready[0], self.calls[ready[0]])
            return {ready[0]}
        in_turn = sorted(ready, key=lambda number: number not in self.manner.first)
        return {number for number in in_turn if self.running.begin(number)}

    def _take(self) -> bool:
        """Wait until some end; return whether any was running."""
        ended = list(self.running.ended(self.manner.meanwhile))
        for number, result in ended:
            self._result(number, result)
        return bool(ended)

    def _result(self, number: int, result: Callable[[], Outcome]) -> None:
        try:
            outcome = result()
        except Exception as error:  # noqa: BLE001 - raised again in its turn
            self.failed[number] = error
        else:
            self._end(number, outcome)

    def _end(self, number: int, outcome: Outcome) -> None:
        self.done[number] = outcome
        self.manner.ended(number, outcome)


def _skipped(workspace: Workspace, calls: Sequence[Later], bound: Sequence[Call]) -> list[Outcome]:
    """Return the outcomes of the calls before the first one that has something to do."""
    found: list[Outcome] = []
    look = Look.at(workspace)
    for one, call in zip(calls, bound, strict=True):
        outcome = one.skipped(workspace, call, look)
        if outcome is None:
            break
        found.append(outcome)
    look.cache.write(workspace)
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
