"""A call in a process of its own, which gives back what memory it took when it ends.

Python keeps much of what it once needed, and whatever is forked later shares it only until it is
touched. So a process that makes several large calls one after the other stays as large as all of
them, and the processes that it starts become so too; one that lets others make them stays small.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, NoReturn

from distill.errors import ContractError
from distill.receipts.incremental.cuts import ToldCuts, cuts
from distill.receipts.incremental.worker_count import number_of_workers
from distill.receipts.incremental.workers import may_fork
from distill.receipts.outcome import Outcome
from distill.receipts.processes.forked import ForkedProcess, forked
from distill.receipts.processes.travelling import ToldOutcome, outcome_of, told_of, traced
from distill.receipts.scope import current_workspace

_END_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


def may_be_elsewhere() -> bool:
    """Whether a call can be made in a process that is forked from this one, and ends with it.

    Linux alone has that without a thread of its own, with which a process can't be forked any more.

    Raises:
        ConfigurationError: see `number_of_workers`.
    """
    return sys.platform == "linux" and may_fork() and number_of_workers() > 1


def in_own_process(
    call: Callable[[], Outcome], meanwhile: Callable[[], None] | None = None
) -> Outcome:
    """Make a call in a process that is forked for it; ``meanwhile`` is called some times a second.

    Only where `may_be_elsewhere` says so. The call may start workers itself. Which segments the
    files have that it read and wrote this process knows then, and those that are forked later.

    Raises:
        Exception: what the call raised.
        ContractError: the process ended before the call did.
    """

    def make() -> tuple[ToldOutcome, ToldCuts]:
        return told_of(call()), cuts.told()

    with begun(make) as process:
        answer = process.answer(meanwhile)
    told, its_cuts = made(answer)
    cuts.take_over(its_cuts)
    return outcome_of(current_workspace(), told)


@contextmanager
def begun(make: Callable[[], object]) -> Iterator[ForkedProcess]:
    """Yield a process that was forked to make a call; `made` understands its answer.

    Only where `may_be_elsewhere` says so. It is waited for, and interrupted where what is inside
    raises; where interrupts are ignored (``nohup``, a job in the background), it is ended.
    """
    import ctypes  # noqa: F401, PLC0415 - see `_end_with`; what is forked later has it

    _flush()
    with forked(partial(_make, make, os.getpid())) as process:
        try:
            yield process
        except BaseException:  # perhaps this process alone was interrupted
            is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # there as here
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM if is_ignored else signal.SIGINT)
            raise


def made(answer: Any) -> Any:
    """Return what came of a call, by the answer of the process that made it.

    Raises:
        Exception: what the call raised.
        ContractError: the process ended before the call did.
    """
    if answer is None:
        raise ContractError(
            "the process of a stage ended before its work was done",
            "run it again; where memory ran out, set DISTILL_WORKERS lower",
        )
    if isinstance(answer, Exception):
        raise answer
    return answer


def _make(make: Callable[[], object], parent: int) -> object:
    """Make the call, in the process that was forked for it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt_once)
    _end_with(parent)
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - raised again, where it is waited for
        return traced(error)
    finally:
        _flush()


def _interrupt_once(_signal: int, _frame: object) -> NoReturn:
    """Interrupt the call, and not what cleans up behind it.

    A terminal interrupts all processes, and who waits for this one interrupts it once more. Who
    interrupts that one again ends both.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with(parent: int) -> None:
    """Let this process end when the one that started it does: nobody else would end it."""
    import ctypes  # noqa: PLC0415 - few calls are so large

    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _flush() -> None:
    """Write what waits for a terminal: a process that is forked has it too."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
