"""The stat cache: digests of files that nobody wrote to since they were read.

1. A file counts as unwritten if device, inode, size, mtime and ctime are those that it had.
2. What was written within two seconds before it was read is not kept ("racily clean", as in git's
   index: a later write within the same tick of the file system's clock would not show).
3. The cache is derived and lies in ``.distill``: a missing, damaged or unwritable one is only slow.

It believes the file system: who can set a machine's clock can deceive it, so it is never used where
nobody asked for it.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from distill.errors import DistillError
from distill.receipts.canonical import Json, dumps, loads
from distill.receipts.clock import moment_ns
from distill.receipts.digest import Digest, FileIdentity, digest_bytes
from distill.receipts.plain_files import Unread, read_plain
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.stat-cache/1"
RACY_NS: Final = 2_000_000_000
_MAX_BYTES: Final = 2**30
_PARTS: Final = 5


class StatCache:
    """What was known when it was read, and what was learnt since."""

    def __init__(self, known: Mapping[FileIdentity, Digest] | None = None) -> None:
        self._known = dict(known or {})
        self._began_ns = moment_ns()

    def __len__(self) -> int:
        return len(self._known)

    @classmethod
    def read(cls, workspace: Workspace) -> "StatCache":
        """Return the cache of a workspace, empty where there is none that is sound."""
        content = read_plain(_place(workspace), _MAX_BYTES)
        if isinstance(content, Unread):
            return cls()
        try:
            return cls(_known(loads(content)))
        except (DistillError, ValueError):
            return cls()

    def digest_of(self, identity: FileIdentity) -> Digest | None:
        """Return the digest of a file that has this identity, null where it must be read."""
        return self._known.get(identity)

    def learn(self, read: Iterable[tuple[FileIdentity, Digest]]) -> None:
        """Keep what was read, in the place of what was known of the same inodes."""
        fresh = {
            identity: digest
            for identity, digest in read
            if max(identity.mtime_ns, identity.ctime_ns) + RACY_NS < self._began_ns
        }
        inodes = {(identity.device, identity.inode) for identity in fresh}
        kept = {i: d for i, d in self._known.items() if (i.device, i.inode) not in inodes}
        self._known = kept | fresh

    def write(self, workspace: Workspace) -> None:
        """Put the cache on the disk, in whole or not at all; where that can't be done, leave it."""
        place = _place(workspace)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(exist_ok=True)
            partial.write_bytes(dumps(_as_json(self._known)))
            partial.replace(place)
        except OSError:
            return


def _place(workspace: Workspace) -> Path:
    return workspace.root / ".distill" / "stat-cache.json"


def _as_json(known: Mapping[FileIdentity, Digest]) -> Json:
    return _shell({_text(identity): digest.hex for identity, digest in known.items()})


def _known(value: Json) -> dict[FileIdentity, Digest]:
    """Return what a cache's JSON says.

    Raises:
        ValueError: it is of another form, or damaged.
    """
    files = value.get("files") if isinstance(value, Mapping) else None
    if not isinstance(files, Mapping) or value != _shell(files):
        message = "no sound stat cache"
        raise ValueError(message)
    return {_identity(text): Digest(str(digest)) for text, digest in files.items()}


def _shell(files: Mapping[str, Json]) -> Json:
    """Return the files with a digest over them, so that a damaged cache is known for one."""
    return {"blake3": digest_bytes(dumps(files)).hex, "files": files, "format": FORMAT}


def _text(identity: FileIdentity) -> str:
    """Return an identity as a key; the numbers may be larger than canonical JSON holds."""
    parts = (identity.device, identity.inode, identity.size, identity.mtime_ns, identity.ctime_ns)
    return ":".join(str(part) for part in parts)


def _identity(text: str) -> FileIdentity:
    parts = [int(part) for part in text.split(":")]
    if len(parts) != _PARTS:
        message = "no identity of a file"
        raise ValueError(message)
    return FileIdentity(*parts)
