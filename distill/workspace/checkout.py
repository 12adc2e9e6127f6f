"""The paths that a checked-out repository has: what a run may name without making it up."""

import os
from collections.abc import Iterator
from pathlib import Path

from distill.errors import ConfigurationError


def list_checkout(folder: Path) -> Iterator[str]:
    """Yield the path of every file below `folder`, relative to it, sorted, without `.git`.

    Links are not followed.

    Raises:
        ConfigurationError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"repository checkout {folder} is no folder", "mend `checkout`, or give `listings`"
        )
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            yield (Path(base) / name).relative_to(folder).as_posix()
