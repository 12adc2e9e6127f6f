"""Writes that survive a power loss: a name appears only after its bytes are on the disk.

Temporary names end in ``.partial``, hold the token of the run that made them, and lie in the folder
of the final name, so that a rename publishes them and a later start knows whose they were.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from distill.receipts.c_library import c_function
from distill.receipts.threads import by_threads

PARTIAL = ".partial"
READ_ONLY = 0o444
_AT_ONCE: Final = 8  # threads, which wait for the disk
_BEGIN_WRITING: Final = 2  # SYNC_FILE_RANGE_WRITE of sync_file_range(2)


def new_token() -> str:
    """Return a token that no other run has."""
    return os.urandom(8).hex()  # what `secrets` would give, without its imports


def partial_of(path: Path, token: str) -> Path:
    """Return the temporary sibling of a path: ``.<name>.<token>.partial``."""
    return path.with_name(f".{path.name}.{token}{PARTIAL}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    _sync(path)


def begin_sync(descriptor: int) -> None:
    """Let the system begin to write the bytes of a file, so that it takes less to sync it later.

    It neither waits nor promises anything. Linux alone has a call for it (sync_file_range(2));
    elsewhere nothing is done.
    """
    begin = c_function("sync_file_range")
    if begin is None:
        return
    from ctypes import c_int, c_int64, c_uint  # noqa: PLC0415 - `c_function` has imported it

    begin.argtypes = (c_int, c_int64, c_int64, c_uint)
    begin(descriptor, 0, 0, _BEGIN_WRITING)  # 0 bytes from 0 on: the whole file


def sync_all(paths: Iterable[Path]) -> None:
    """Make the bytes of files, and the names in folders, durable; when it returns all are.

    They are flushed at once: a file system writes its own journal once for all that wait for it.

    Raises:
        OSError: one of them can't be made durable.
    """
    by_threads(_sync, list(dict.fromkeys(paths)), _AT_ONCE)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each durable in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def begin_partial(path: Path, content: bytes, token: str) -> Path:
    """Write bytes under the temporary name of a path and return that name; not durable yet.

    Where they can't be written, nothing is left there.
    """
    partial = partial_of(path, token)
    try:
        partial.write_bytes(content)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return partial


def replace_file(path: Path, content: bytes, token: str) -> None:
    """Put bytes in the place of a file: afterwards it holds the old ones or these, in whole."""
    make_folder(path.parent)
    partial = begin_partial(path, content, token)
    sync_file(partial)
    partial.replace(path)
    sync_folder(path.parent)


def sweep_partials(folder: Path, token: str) -> None:
    """Remove the temporary files of one run from one folder."""
    for partial in folder.glob(f".*.{token}{PARTIAL}"):
        partial.unlink(missing_ok=True)


def publish_file(path: Path, content: bytes, beside: Iterable[Path] = ()) -> None:
    """Put bytes under a name for good: read-only, by rename, when they and ``beside`` are durable.

    The new name is durable in its folder, too.
    """
    partial = begin_partial(path, content, new_token())
    partial.chmod(READ_ONLY)
    sync_all([partial, *beside])
    partial.replace(path)
    sync_folder(path.parent)
