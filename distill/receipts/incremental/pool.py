"""Worker processes that are given jobs over pipes, for `distill.receipts.incremental.workers`.

A job is one message, and so is what comes of it. No thread stands between: `concurrent.futures`
has two in the process that gives, which costs more than sending the messages does.

A worker has more jobs at hand before it has told of the first, so that it need not wait. Nobody
waits for each other: what is at hand is small enough for the pipe to hold it, and another job is
given to a worker that has told of everything. So is each where it isn't known what the pipe holds.
"""

import fcntl
import gc
import mmap
import os
import pickle
import select
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import connection, get_context, parent_process, util
from multiprocessing.process import BaseProcess
from typing import Any, Final, Literal

from distill.errors import ContractError
from distill.receipts.incremental.messages import Inbox, Message, send_end
from distill.receipts.processes.travelling import traced

_ROOM: Final = 1024 * 1024  # bytes that a pipe is to hold, where the system lets it
_LEAST_PAGES: Final = 16  # of a pipe that several messages can wait in


class Coming:
    """What comes of a job: null, or whether it went well, with the result or the error."""

    __slots__ = ("_pool", "answer")

    def __init__(self, pool: "WorkerPool") -> None:
        self._pool = pool
        self.answer: tuple[bool, Any] | None = None

    def result(self) -> Any:
        """Return what came of the job, and wait for it.

        Raises:
            Exception: what the job raised.
            ContractError: a worker ended before its work was done.
        """
        while self.answer is None:
            self._pool.go_on(wait=True)
        is_well, result = self.answer
        if is_well:
            return result
        raise result


class _Worker:
    """One process, and what it was given and has not told of, in order."""

    def __init__(self, context: Any, given: tuple[object, ...]) -> None:
        theirs, self._jobs = context.Pipe(duplex=False)
        self.results, tell = context.Pipe(duplex=False)
        _widen(tell)
        self.room = _widen(self._jobs)
        self._inbox = Inbox(self.results.fileno())
        self.coming: deque[Coming] = deque()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs, tell, *given))
        try:
            with _explained():
                self._process.start()
        finally:
            theirs.close()
            tell.close()

    def give(self, job: Message, coming: Coming) -> None:
        self.coming.append(coming)  # first: who is interrupted does not wait for its end
        with _explained():
            job.send(self._jobs.fileno())

    def take(self) -> None:
        with _explained():
            content = self._inbox.receive()
        self.coming.popleft().answer = pickle.loads(content)  # noqa: S301 - our own bytes

    def dismiss(self) -> None:
        """Let the process end: at once where nobody asks any more for what it works on."""
        if self.coming:
            self._process.kill()
        else:
            with suppress(OSError):  # it is gone
                send_end(self._jobs.fileno())

    def end(self) -> None:
        """Wait for the end of the process, after `dismiss`."""
        self._process.join()
        with suppress(ValueError):  # the system took its end, where nobody is told of children
            self._process.close()
        self._jobs.close()
        self.results.close()


class WorkerPool:
    """So many workers, which end with this process; each calls ``start(*given)`` for its function.

    One is given at most ``depth`` jobs before it told of the first.

    Raises:
        ContractError: here and in all methods, a worker ended before its work was done.
    """

    def __init__(
        self,
        number: int,
        start: Callable[..., Callable[[Any], Any]],
        given: tuple[object, ...],
        way: Literal["fork", "spawn"],
        depth: int,
    ) -> None:
        context = get_context(way)
        self._depth = depth
        self._workers: dict[int, _Worker] = {}
        # Before the library waits for its processes, where nobody closed this: the traceback of an
        # error that ends the program may hold it.
        self._end = util.Finalize(self, _end_all, (self._workers,), exitpriority=1)
        self._waiting: deque[tuple[Any, Coming]] = deque()
        self._next: Message | None = None  # the first of those that wait, as it is sent
        self._ready = select.poll()
        try:
            for _ in range(number):
                worker = _Worker(context, (start, given, gc.get_threshold()))
                self._workers[worker.results.fileno()] = worker
                self._ready.register(worker.results, select.POLLIN)
        except BaseException:
            self.close()
            raise

    def submit(self, job: Any) -> Coming:
        """Let a worker do a job."""
        coming = Coming(self)
        self._waiting.append((job, coming))
        self.go_on(wait=False)
        return coming

    def close(self) -> None:
        """End the workers, also those that are at work."""
        self._end()

    def go_on(self, *, wait: bool) -> None:
        """Take what workers told, one of them at least if we ``wait``, and give them what waits."""
        self._give()
        if any(worker.coming for worker in self._workers.values()):
            for descriptor, _ in self._ready.poll(None if wait else 0):
                self._workers[descriptor].take()
        self._give()

    def _give(self) -> None:
        for depth in range(self._depth):
            for worker in self._workers.values():
                if self._waiting and len(worker.coming) == depth:
                    self._give_next(worker)

    def _give_next(self, worker: _Worker) -> None:
        job, coming = self._waiting[0]
        if self._next is None:
            try:
                self._next = Message(job)
            except Exception as error:  # noqa: BLE001 - raised where it is asked for
                self._waiting.popleft()
                coming.answer = False, error
                return
        # The one that it works on has left the pipe, so there is room for one more: a message
        # takes whole pages.
        if not worker.coming or self._next.size <= worker.room // self._depth:
            self._waiting.popleft()
            worker.give(self._next, coming)
            self._next = None


def _end_all(workers: dict[int, _Worker]) -> None:
    for worker in workers.values():
        worker.dismiss()
    for worker in workers.values():
        worker.end()
    workers.clear()


def _widen(pipe: Any) -> int:
    """Let a pipe hold as much as it may, and return how many bytes that is.

    0 where no message can be counted on to have room: the system does not say, or gives two pages,
    as Linux does to a user whose pipes have 64 MiB together (pipe(7), `pipe-user-pages-soft`).
    """
    with suppress(AttributeError, OSError):  # not everywhere, and there is a bound for a user
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ROOM)
    try:
        room = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    except (AttributeError, OSError):
        return 0
    return room if room >= _LEAST_PAGES * mmap.PAGESIZE else 0


def ended_early() -> ContractError:
    """Return the error of a worker that ended before its work was done."""
    return ContractError(
        "a worker process ended before its work was done",
        'keep what a script does below `if __name__ == "__main__":` and its stages in a module '
        "that can be imported; where memory ran out, set DISTILL_WORKERS lower",
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Say of a pipe that broke why it may have.

    Raises:
        ContractError: it did.
    """
    try:
        yield
    except (EOFError, OSError) as error:
        raise ended_early() from error


def enter_worker(threshold: tuple[int, int, int]) -> None:
    """Make this process a worker: it ends with its parent, and looks for cycles as often."""
    gc.set_threshold(*threshold)
    gc.freeze()  # what was forked with this worker stays: to look through it would copy its pages
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone: nobody else would."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _serve(
    jobs: Any,
    tell: Any,
    start: Callable[..., Callable[[Any], Any]],
    given: tuple[object, ...],
    threshold: tuple[int, int, int],
) -> None:
    """Be a worker, until an empty job comes."""
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):  # the parent says what happened
        enter_worker(threshold)
        answer = _answering(start, given)
        inbox = Inbox(jobs.fileno())
        while job := inbox.receive():
            answer(job).send(tell.fileno())


def _answering(
    start: Callable[..., Callable[[Any], Any]], given: tuple[object, ...]
) -> Callable[[memoryview], Message]:
    """Return what answers a job: where this worker has no function, it says why to each."""
    try:
        function = start(*given)
    except Exception as error:  # noqa: BLE001 - raised where its first job is asked for
        failed = _failed(error)
        return lambda _: failed
    return partial(_done, function)


def _done(function: Callable[[Any], Any], job: memoryview) -> Message:
    """Return what comes of a job, as it is told."""
    try:
        result = function(pickle.loads(job))  # noqa: S301 - our own parent's bytes
        return Message((True, result))
    except Exception as error:  # noqa: BLE001 - raised where it is asked for
        return _failed(error)


def _failed(error: Exception) -> Message:
    return Message((False, traced(error)))
