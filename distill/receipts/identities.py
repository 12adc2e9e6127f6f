"""What the file system says of many files at once, as one text that is cheap to compare."""

import os
from collections.abc import Callable, Iterable
from stat import S_ISREG

Seen = tuple[str, int]
"""The identity of a file or folder, and the moment when it was last written to."""


class Sight:
    """What was seen: a line a path, and the moment of the newest write to any of them.

    ``followed`` and ``plain`` are what was seen of paths before, and learn what is seen here.
    """

    def __init__(
        self, followed: dict[str, Seen] | None = None, plain: dict[str, Seen] | None = None
    ) -> None:
        self.lines: list[str] = []
        self.newest_ns = 0
        self._followed = {} if followed is None else followed
        self._plain = {} if plain is None else plain

    def followed(self, paths: Iterable[str]) -> bool:
        """See files and folders, links followed; return whether all are there."""
        return self._see(paths, self._followed, os.stat, None)

    def plain(self, paths: Iterable[str]) -> bool:
        """See files that must be plain ones, and no links; return whether all are."""
        return self._see(paths, self._plain, os.lstat, S_ISREG)

    def whatever(self, paths: Iterable[str]) -> None:
        """See files and folders, links followed; one that is missing is a line of its own too."""
        for path in paths:
            try:
                self._add(_seen(os.stat(path)))  # noqa: PTH116 - a tenth of Path.stat's time
            except (OSError, ValueError):
                self.lines.append("missing")

    def absent(self, paths: Iterable[str]) -> bool:
        """Return whether none of these is there."""
        return not any(os.path.lexists(path) for path in paths)

    def _see(
        self,
        paths: Iterable[str],
        known: dict[str, Seen],
        look: Callable[[str], os.stat_result],
        is_fit: Callable[[int], bool] | None,
    ) -> bool:
        for path in paths:
            seen = known.get(path)
            if seen is None:
                try:
                    found = look(path)
                except (OSError, ValueError):
                    return False
                if is_fit is not None and not is_fit(found.st_mode):
                    return False
                seen = known[path] = _seen(found)
            self._add(seen)
        return True

    def _add(self, seen: Seen) -> None:
        self.lines.append(seen[0])
        if seen[1] > self.newest_ns:  # noqa: PLR1730 - half of max's time, for every file
            self.newest_ns = seen[1]


def _seen(found: os.stat_result) -> Seen:
    return identity_text(found), max(found.st_mtime_ns, found.st_ctime_ns)


def identity_text(found: os.stat_result) -> str:
    """Return the identity of a file or folder as a text; equal texts mean that it is unwritten."""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"
