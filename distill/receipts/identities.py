"""What the file system says of many files at once, as one text that is cheap to compare."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from stat import S_ISREG


@dataclass
class Sight:
    """What was seen: a line a path, and the moment of the newest write to any of them."""

    lines: list[str] = field(default_factory=list)
    newest_ns: int = 0

    def followed(self, paths: Iterable[str]) -> bool:
        """See files and folders, links followed; return whether all are there."""
        return self._see(paths, os.stat, lambda _mode: True)

    def plain(self, paths: Iterable[str]) -> bool:
        """See files that must be plain ones, and no links; return whether all are."""
        return self._see(paths, os.lstat, S_ISREG)

    def whatever(self, paths: Iterable[str]) -> None:
        """See files and folders, links followed; one that is missing is a line of its own too."""
        for path in paths:
            try:
                self._add(os.stat(path))  # noqa: PTH116 - a tenth of Path.stat's time
            except (OSError, ValueError):
                self.lines.append("missing")

    def absent(self, paths: Iterable[str]) -> bool:
        """Return whether none of these is there."""
        return not any(os.path.lexists(path) for path in paths)

    def _see(
        self,
        paths: Iterable[str],
        look: Callable[[str], os.stat_result],
        is_fit: Callable[[int], bool],
    ) -> bool:
        for path in paths:
            try:
                found = look(path)
            except (OSError, ValueError):
                return False
            if not is_fit(found.st_mode):
                return False
            self._add(found)
        return True

    def _add(self, found: os.stat_result) -> None:
        self.lines.append(identity_text(found))
        self.newest_ns = max(self.newest_ns, found.st_ctime_ns)
        self.newest_ns = max(self.newest_ns, found.st_mtime_ns)


def identity_text(found: os.stat_result) -> str:
    """Return the identity of a file or folder as a text; equal texts mean that it is unwritten."""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"
