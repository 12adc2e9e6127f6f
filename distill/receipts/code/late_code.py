"""Code that a stage imports while it runs: it must be what was read for the key."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import CodeStateError
from distill.receipts.code.syntax import read_source
from distill.receipts.digest import Digest

_TICK_NS: Final = 20_000_000  # the file system's clock may be so much behind


class LateCode(NamedTuple):
    """Modules (name, file, digest) of the key that were not loaded yet, and when a look began."""

    modules: tuple[tuple[str, str, Digest], ...]
    since_ns: int

    @classmethod
    def of(cls, modules: Iterable[tuple[str, str, Digest]], since_ns: int) -> "LateCode":
        """Return what this process has not loaded of the modules of a key."""
        return cls(tuple(one for one in modules if one[0] not in sys.modules), since_ns)

    def demand_unchanged(self) -> None:
        """Refuse a run during which such a module was edited: which code ran can't be told.

        Raises:
            CodeStateError: naming the file.
        """
        for _, file, digest in self.modules:
            if not self._is_unchanged(file, digest):
                raise CodeStateError(
                    f"the code {file} was edited while a stage ran that may import it",
                    "the former outputs are as they were; run it again",
                )

    def _is_unchanged(self, file: str, digest: Digest) -> bool:
        try:
            status = os.stat(file)  # noqa: PTH116 - for every module
            if max(status.st_mtime_ns, status.st_ctime_ns) + _TICK_NS < self.since_ns:
                return True
            return read_source(Path(file).read_bytes()).digest == digest
        except OSError:
            return False
