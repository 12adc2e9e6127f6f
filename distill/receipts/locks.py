"""Locks between processes and threads: flock on files in ``.distill/locks``.

1. One run at a time for a slot. A second one waits; when it gets the lock, the first one's receipt
   is there, so it skips and shares the result.
2. There is no heartbeat, because nobody has to guess whether the holder lives: a lock belongs to an
   open file, and the kernel lets go of it when its holder ends, however it ends (``kill -9`` and a
   crash too). A process that the holder forked does not hold it too: it may live longer. So no
   lease outlives its holder, and none that is held is broken because its holder was slow, stopped
   or swapped out.
3. Readers (`plan`, ``status``, ``verify``) take no lock and never wait: all that they read is put
   in its place by rename.

That holds on a file system of one machine. Over a network flock may be local to each machine, or
survive its holder: let one machine work on a workspace.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Final

from distill.errors import ConfigurationError, ContractError
from distill.receipts.workspace import Workspace

#: What the system says where a file may not be written to or looked at.
DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_files: set[IO[bytes]] = set()
_held: ContextVar[frozenset[tuple[Path, str]]] = ContextVar("distill_locks", default=frozenset())


@contextmanager
def hold(workspace: Workspace, name: str) -> Iterator[None]:
    """Hold the lock of this name; wait while somebody else does.

    Raises:
        ConfigurationError: the workspace can't be written to.
        ContractError: the caller holds it already, and would wait for itself.
    """
    place = (workspace.root, name)
    if place in _held.get():
        raise ContractError(f"{name} is called from inside itself", "call another stage there")
    with _opened(workspace, name) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        token = _held.set(_held.get() | {place})
        try:
            yield
        finally:
            _held.reset(token)


@contextmanager
def try_hold(workspace: Workspace, name: str) -> Iterator[bool]:
    """Hold the lock of this name if nobody else does; yield whether it is held."""
    with _opened(workspace, name) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_recovered(workspace: Workspace) -> bool:
    """Return whether no publication has begun that did not end: there is nothing to recover."""
    try:
        return not os.listdir(workspace.root / ".distill" / "publish")  # noqa: PTH208 - no order
    except FileNotFoundError:
        return True


@contextmanager
def _opened(workspace: Workspace, name: str) -> Iterator[IO[bytes]]:
    folder: Path = workspace.root / ".distill" / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / f"{name}.lock").open("ab")
    except OSError as error:
        if error.errno in DENIED:
            raise denied(error) from error
        raise
    with opened as file:
        _files.add(file)
        try:
            yield file
        finally:
            _files.discard(file)


def denied(error: OSError) -> ConfigurationError:
    """Return what a file that may not be written, or looked at, is told as."""
    where = "" if error.filename is None else f" at {os.fsdecode(error.filename)}"
    return ConfigurationError(
        f"{error.strerror}{where}",
        "run as the user whose workspace it is, or make it readable and writable (chown, chmod); "
        "`distill verify` writes nothing",
    )


def _let_go() -> None:
    """Close what a fork inherited: a lock is held until the last process has closed its file."""
    for file in _files:
        file.close()
    _files.clear()


os.register_at_fork(after_in_child=_let_go)
