"""What a look at code and environment was made from, so that it can be told whether it still holds.

Everything that decided is named: the files that were read, the folders that were listed, the places
where something was looked for and not found, and the top-level names that were looked for on the
import path.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distill.receipts.digest import Digest
from distill.receipts.stat_cache import StatCache


@dataclass
class Traces:
    """What was looked at.

    ``folders`` are the workspace and its roots. Unless ``reread`` is null, nothing is believed by
    its times but what is named there.
    """

    cache: StatCache = field(default_factory=StatCache)
    reread: dict[str, str] | None = None
    folders: Sequence[Path] = ()
    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    tops: set[str] = field(default_factory=set)
    modules: list[tuple[str, str, Digest]] = field(default_factory=list)

    def saw(self, path: Path | str) -> None:
        """Note a file that was read, or a folder that was listed."""
        self.present.add(os.fspath(path))

    def saw_all(self, paths: Iterable[Path | str]) -> None:
        """Note many."""
        self.present.update(os.fspath(path) for path in paths)

    def read_module(self, name: str, file: str, digest: Digest) -> None:
        """Note a module whose file was read as syntax."""
        self.modules.append((name, file, digest))

    def has_file(self, path: Path | str) -> bool:
        """Return whether there is such a file, and note the answer."""
        if os.path.isfile(path):  # noqa: PTH113 - a text, for every name that may be a module
            self.saw(path)
            return True
        self.absent.add(os.fspath(path))
        return False

    def tree(self, folder: Path) -> list[Path]:
        """Return what `folder.rglob("*")` gives, sorted, and note every folder that it listed."""
        self.saw(folder)
        found = sorted(folder.rglob("*"))
        self.saw_all(path for path in found if path.is_dir())
        return found
