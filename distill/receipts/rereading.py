"""The digests of inputs and outputs: read, or known because nobody wrote to the file since."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from distill.receipts.digest import Digest, FileIdentity, unreadable, watch_file
from distill.receipts.stat_cache import StatCache

#: From here on several threads read a file faster than one.
LARGE: Final = 2**22


@dataclass(frozen=True)
class Rereading:
    """Looks at files, and learns what it reads.

    ``reread`` asks for everything to be read: it holds the identities of what was, so that no file
    is read twice for one question. Null believes what the cache knows.
    """

    cache: StatCache
    reread: dict[str, str] | None = None
    _renamed: dict[str, tuple[FileIdentity, Digest]] = field(default_factory=dict)

    def digest_of(
        self, recorded: str, place: Path, seen: FileIdentity | None = None
    ) -> tuple[Digest, FileIdentity]:
        """Return what a file holds, and the identity that it had meanwhile.

        ``seen`` is its identity by now, null to look.

        Raises:
            SourceError: the file is missing, is no regular file, or changed while it was read.
        """
        identity = identity_of(place) if seen is None else seen
        renamed = self._renamed.get(recorded)
        if renamed is not None and renamed[0] == identity:
            return renamed[1], identity
        if self.reread is None or self.reread.get(recorded) == identity.text:
            known = self.cache.digest_of(recorded, identity)
            if known is not None:
                return known, identity
        digest, identity = read(place)
        self.cache.learn([(recorded, identity, digest)])
        if self.reread is not None:
            self.reread[recorded] = identity.text
        return digest, identity

    def renamed(self, recorded: str, identity: FileIdentity, digest: Digest) -> None:
        """Note that the caller gave a file one more name, which changed its ctime and no byte."""
        self._renamed[recorded] = (identity, digest)


def identity_of(place: Path) -> FileIdentity:
    """Return the identity of a file.

    Raises:
        SourceError: it can't be looked at.
    """
    try:
        return FileIdentity.of(os.stat(place))  # noqa: PTH116 - for every file
    except OSError as error:
        raise unreadable(place, error) from error


def read(place: Path | str) -> tuple[Digest, FileIdentity]:
    """Return what a file holds and the identity that it had meanwhile.

    A large one is read by as many threads as there are cores, but for a process of which only one
    may work: it has others beside it.

    Raises:
        SourceError: the file is missing, is no regular file, or changed while it was read.
    """
    try:
        is_large = os.stat(place).st_size >= LARGE  # noqa: PTH116 - for every file
    except OSError:  # told by who opens it
        is_large = False
    return watch_file(Path(place), threads=_threads() if is_large else 1)


def _threads() -> int:
    from distill.receipts.incremental.worker_count import WORKERS  # noqa: PLC0415 - few are large

    return 1 if os.environ.get(WORKERS) == "1" else len(os.sched_getaffinity(0))
