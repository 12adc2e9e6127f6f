"""A call in a process of its own, which gives back what memory it took when it ends.

Python keeps much of what it once needed, and whatever is forked later shares it only until it is
touched. So a process that makes several large calls one after the other stays as large as all of
them, and the processes that it starts become so too; one that lets others make them stays small.
"""

import os
import pickle
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from distill.errors import ContractError
from distill.receipts.incremental.workers import may_fork, number_of_workers
from distill.receipts.outcome import Outcome
from distill.receipts.scope import current_workspace
from distill.receipts.travelling import Told, outcome_of, told_of, traced

_LOOK: Final = 100  # milliseconds between two calls of what is done meanwhile
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

    Only where `may_be_elsewhere` says so. The call may start workers itself.

    Raises:
        Exception: what the call raised.
        ContractError: the process ended before the call did.
    """
    _flush()
    told, tell = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if not child:
        os.close(told)
        _make(call, parent, tell)
    os.close(tell)
    try:
        content = _read(told, meanwhile)
    except BaseException:  # perhaps this process alone was interrupted
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGINT)
        raise
    finally:
        os.close(told)
        with suppress(ChildProcessError):  # the system took its end, where SIGCHLD is ignored
            os.waitpid(child, 0)
    try:
        found: Told | Exception = pickle.loads(content)  # noqa: S301 - our own child's bytes
    except (EOFError, pickle.UnpicklingError):
        raise ContractError(
            "the process of a stage ended before its work was done",
            "run it again; where memory ran out, set DISTILL_WORKERS lower",
        ) from None
    if isinstance(found, Exception):
        raise found
    return outcome_of(current_workspace(), found)


def _make(call: Callable[[], Outcome], parent: int, tell: int) -> NoReturn:
    """Be the process that makes the call."""
    code = 1
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _interrupt_once)
        _end_with(parent)
        answer: Told | Exception
        try:
            answer = told_of(call())
        except Exception as error:  # noqa: BLE001 - raised again, where it is waited for
            answer = traced(error)
        with os.fdopen(tell, "wb") as out:
            out.write(pickle.dumps(answer))
        code = 0
    finally:
        _flush()
        os._exit(code)


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


def _read(told: int, meanwhile: Callable[[], None] | None) -> bytes:
    """Return all that a pipe gives until it ends."""
    pieces: list[bytes] = []
    ready = select.poll()
    ready.register(told, select.POLLIN)
    while True:
        if meanwhile is not None:
            meanwhile()
        if ready.poll(None if meanwhile is None else _LOOK):
            piece = os.read(told, 1 << 16)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)


def _flush() -> None:
    """Write what waits for a terminal: a process that is forked has it too."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
