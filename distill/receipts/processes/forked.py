"""A process that is forked from this one to find one answer.

It is a copy of this process, so that nothing has to travel to it; its answer comes back pickled
through a pipe. `distill.receipts.incremental.workers.may_fork` says when a fork is safe.
"""

import os
import pickle
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

#: Seconds between two calls of what is done while another process is waited for.
MEANWHILE: Final = 0.1


@dataclass(frozen=True)
class ForkedProcess:
    """A process that was forked, and the end of the pipe from which its answer is read."""

    pid: int
    told: int

    def answer(self, meanwhile: Callable[[], None] | None = None) -> Any:
        """Wait for what it answers; null where it ended before it had.

        ``meanwhile`` is called some times a second.
        """
        content = self._read(meanwhile)
        try:
            return pickle.loads(content)  # noqa: S301 - our own child's bytes
        except (EOFError, pickle.UnpicklingError):
            return None

    def _read(self, meanwhile: Callable[[], None] | None) -> bytes:
        """Return all that the pipe gives until it ends."""
        pieces: list[bytes] = []
        ready = select.poll()
        ready.register(self.told, select.POLLIN)
        while True:
            if meanwhile is not None:
                meanwhile()
            if ready.poll(None if meanwhile is None else MEANWHILE * 1000):
                piece = os.read(self.told, 1 << 16)
                if not piece:
                    return b"".join(pieces)
                pieces.append(piece)


@contextmanager
def forked(find: Callable[[], object]) -> Iterator[ForkedProcess]:
    """Yield a process that calls ``find``, and wait for its end behind it.

    What ``find`` returns is the answer, never null; where it raises, there is none. Nothing that
    the process inherited runs when it ends: no handler, and no buffer of a file is written.
    """
    told, tell = os.pipe()
    try:
        pid = os.fork()
        if not pid:
            os.close(told)
            _answer(find, tell)
    finally:
        os.close(tell)
    try:
        yield ForkedProcess(pid, told)
    finally:
        os.close(told)
        with suppress(ChildProcessError):  # the system took its end, where SIGCHLD is ignored
            os.waitpid(pid, 0)


def _answer(find: Callable[[], object], tell: int) -> NoReturn:
    """Be the process that was forked."""
    code = 1
    try:
        answer = pickle.dumps(find())
        with os.fdopen(tell, "wb") as out:
            out.write(answer)
        code = 0
    finally:
        os._exit(code)
