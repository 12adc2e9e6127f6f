"""Opening what may be anything: only plain files are read; nothing waits or follows a link.

A pipe in the place of a receipt would make a reader wait for ever, and a device may do worse.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["missing", "no_plain_file", "unreadable"]

_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Unread(NamedTuple):
    """Why the bytes of a file are not known; ``told`` is what stands in its place, for a report."""

    state: State
    told: str


def look_at(path: Path) -> os.stat_result | Unread:
    """Return the status of a plain file, or why there is none."""
    try:
        status = path.lstat()
    except OSError as error:
        return _failed(error)
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        return Unread("no_plain_file", _KINDS.get(kind, "something else"))
    return status


def read_plain(path: Path, limit: int) -> bytes | Unread:
    """Return the bytes of a plain file of at most ``limit`` bytes, or why they can't be had."""
    file = open_plain(path)
    if isinstance(file, Unread):
        return file
    with file:
        if os.fstat(file.fileno()).st_size > limit:
            return Unread("unreadable", f"more than {limit} bytes")
        try:
            content = file.read(limit + 1)
        except OSError as error:
            return _failed(error)
    if len(content) > limit:
        return Unread("unreadable", f"more than {limit} bytes")
    return content


def open_plain(path: Path) -> BinaryIO | Unread:
    """Return a plain file, open for reading, or why it can't be opened."""
    found = look_at(path)
    if isinstance(found, Unread):
        return found
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        return _failed(error)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return Unread("no_plain_file", "something else")
    return os.fdopen(descriptor, "rb")


def names_in(folder: Path) -> list[str] | Unread:
    """Return the names in a folder, sorted; a missing one has none, and a link is no folder."""
    try:
        if folder.is_symlink():
            return Unread("no_plain_file", "a link")
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        return _failed(error)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder that is no folder itself; links are not followed.

    What should be a folder and is none is yielded itself.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        yield folder
        return
    for above, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(above, name) for name in sorted(names))
        yield from (Path(above, name) for name in folders if Path(above, name).is_symlink())


def _failed(error: OSError) -> Unread:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return Unread("missing", "nothing")
    if error.errno == errno.ELOOP:
        return Unread("no_plain_file", "a link")
    return Unread("unreadable", error.strerror or "an error")
