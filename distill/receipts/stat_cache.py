"""The stat cache: what was read off files that nobody wrote to since.

1. A file counts as unwritten if device, inode, size, mtime and ctime are those that it had.
2. What was written within two seconds before it was read is not kept ("racily clean", as in git's
   index: a later write within the same tick of the file system's clock would not show).
3. The cache is derived and lies in ``.distill``: a missing, damaged, foreign or unwritable one is
   only slow. Whoever writes last wins, and what another writer learnt is learnt again.
4. Its entries stand in the order in which they were read, the oldest first; see
   `distill.receipts.forgetting` for those that it forgets.

It believes the file system: who can set a machine's clock can deceive it. Whoever doesn't want to
rely on that asks for everything to be reread.

The form is lines, three an entry (name, identity, value), because they load ten times as fast as
JSON; a digest over them stands in the first line.
"""

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from distill.receipts.clock import moment_ns
from distill.receipts.digest import Digest, FileIdentity, digest_bytes
from distill.receipts.forgetting import remembered
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.stat-cache/3"
RACY_NS: Final = 2_000_000_000
_MAX_BYTES: Final = 2**30
_ENTRY_LINES: Final = 3

Entry = tuple[str, str]
"""What the bytes of a file, or of several, were when they were read, and what was read off them."""


class StatCache:
    """What was known when it was read, and what was learnt since."""

    def __init__(self, held: Mapping[str, Entry] | None = None) -> None:
        self._held = dict(held or {})
        self._learnt: dict[str, Entry] = {}
        self._file: FileIdentity | None = None
        self.began_ns = moment_ns()

    def __len__(self) -> int:
        return len(self._held)

    @classmethod
    def read(cls, workspace: Workspace) -> "StatCache":
        """Return the cache of a workspace, empty where there is none that is sound."""
        place = _place(workspace)
        identity = _identity(place)  # before the bytes: of a file that comes meanwhile, nothing
        content = read_plain(place, _MAX_BYTES)
        found = cls() if isinstance(content, Unread) else cls(_entries(content))
        found._file = identity
        return found

    def digest_of(self, path: str, identity: FileIdentity) -> Digest | None:
        """Return the digest of a file that has this identity, null where it must be read.

        ``path`` is the file's recorded path.
        """
        value = self.value_of(path, identity.text)
        return None if value is None else Digest(value)

    def learn(self, read: Iterable[tuple[str, FileIdentity, Digest]]) -> None:
        """Keep what was read off files, in the place of what was known of the same paths."""
        for path, identity, digest in read:
            if self.is_settled(max(identity.mtime_ns, identity.ctime_ns)):
                self.keep(path, identity.text, digest.hex)

    def value_of(self, name: str, identity: str) -> str | None:
        """Return what was read off something while it had this identity, null where it hadn't."""
        entry = self._held.get(name)
        return entry[1] if entry is not None and entry[0] == identity else None

    def entry_of(self, name: str) -> Entry | None:
        """Return an identity and what was read off whatever had it; null where nothing was."""
        return self._held.get(name)

    def names(self) -> list[str]:
        """Return what is known by name, that which was read longest ago first."""
        return list(self._held)

    def keep(self, name: str, identity: str, value: str) -> None:
        """Keep what was read off something that is settled. Nothing may hold a newline."""
        entry = (identity, value)
        if "\n" not in name and "\n" not in value:
            self._held.pop(name, None)  # the newest stands last
            self._held[name] = self._learnt[name] = entry

    def is_settled(self, written_ns: int) -> bool:
        """Whether a write at this moment would show in the times of whatever is written later."""
        return written_ns + RACY_NS < self.began_ns

    def write(self, workspace: Workspace) -> None:
        """Put the cache on the disk, in whole or not at all; where that can't be done, leave it.

        What others wrote meanwhile stays, but for what was learnt here.
        """
        if not self._learnt:
            return
        place = _place(workspace)
        try:
            place.parent.mkdir(exist_ok=True)
            folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # one writer at a time, so one temporary name
            held = self._held
            if self._file is None or _identity(place) != self._file:  # somebody else wrote
                held = StatCache.read(workspace)._held
                for name in self._learnt:
                    held.pop(name, None)
                held |= self._learnt
            partial = place.with_name(f"{place.name}.new")
            partial.unlink(missing_ok=True)
            with partial.open("xb") as file:  # neither through a link nor into a pipe
                file.write(_content(remembered(workspace, held)))
            partial.replace(place)
            self._held, self._file = held, _identity(place)
            self._learnt.clear()
        except OSError:
            return
        finally:
            os.close(folder)


def _place(workspace: Workspace) -> Path:
    return workspace.root / ".distill" / "stat-cache"


def _identity(place: Path) -> FileIdentity | None:
    try:
        return FileIdentity.of(place.stat())
    except OSError:
        return None


def _content(held: Mapping[str, Entry]) -> bytes:
    """Return the bytes of a cache."""
    lines = [line for name, entry in held.items() for line in (name, *entry)]
    body = "\n".join(lines).encode("utf-8", "surrogateescape")
    return f"{FORMAT} {digest_bytes(body).hex}\n".encode() + body


def _entries(content: bytes) -> dict[str, Entry]:
    """Return the entries of a cache, none where its bytes are of another form, or damaged."""
    header, _, body = content.partition(b"\n")
    if header != f"{FORMAT} {digest_bytes(body).hex}".encode() or not body:
        return {}
    lines = body.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) % _ENTRY_LINES:
        return {}
    return dict(zip(lines[::3], zip(lines[1::3], lines[2::3], strict=True), strict=True))
