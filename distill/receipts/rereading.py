"""The digests of inputs and outputs: read, or known because nobody wrote to the file since."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.errors import SourceError
from distill.receipts.digest import Digest, FileIdentity, watch_file
from distill.receipts.stat_cache import StatCache

#: From here on several threads read a file faster than one.
LARGE: Final = 2**22


@dataclass(frozen=True)
class Rereading:
    """Looks at files, and learns what it reads. With ``is_full`` it reads whatever is known."""

    cache: StatCache
    is_full: bool = False

    def digest_of(self, recorded: str, place: Path) -> tuple[Digest, FileIdentity]:
        """Return what a file holds, and the identity that it had meanwhile.

        Raises:
            SourceError: the file is missing, is no regular file, or changed while it was read.
        """
        try:
            identity = FileIdentity.of(os.stat(place))  # noqa: PTH116 - for every file
        except OSError as error:
            raise SourceError(f"{place} can't be read: {error.strerror}") from error
        known = None if self.is_full else self.cache.digest_of(recorded, identity)
        if known is not None:
            return known, identity
        threads = 1 if identity.size < LARGE else len(os.sched_getaffinity(0))
        digest, identity = watch_file(place, threads=threads)
        self.cache.learn([(recorded, identity, digest)])
        return digest, identity
